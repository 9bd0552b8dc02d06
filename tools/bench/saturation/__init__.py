"""Benchmark of how full a run keeps its engines: `python -m tools.bench.saturation --help`.

May import: all packages. Read first: `figures.py`.
"""
