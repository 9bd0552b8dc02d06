"""Benchmark of the labellers on a real model's own mistakes: `python -m tools.bench.real_labels --help`.

May import: all packages. Read first: `samples.py`.
"""
