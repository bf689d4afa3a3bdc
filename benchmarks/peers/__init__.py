"""Peers: the loaders others use, each in an environment of its own, run for real.

    python -m benchmarks.peers FOLDER      makes the environments
    SIMDPREP_PEERS=FOLDER python -m benchmarks load

A peer is a program beside this file that answers requests line by line, so that it can take its
turn with ours on the clock without being started each time.
"""
