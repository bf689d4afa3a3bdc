"""Doors to torch, jax and Lightning; each module imports its own when it is asked for, and nothing else does."""
