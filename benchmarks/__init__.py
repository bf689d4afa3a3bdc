"""How fast, how large, how much memory: simdprep against what people use today.

    python -m benchmarks                      all questions, written to benchmarks/results/
    python -m benchmarks write read --quick   some of them, on less data; nothing is kept

Each question (``bench_<question>.py``) runs its contenders on the same input, asserts that their
results are equal, and only then times them, in turns. ``benchmarks.figures`` makes the table of the
README from the results.
"""
