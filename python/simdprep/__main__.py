"""``python -m simdprep``: the command line."""

from .cli import main

main()
