"""Benchmark of the way from an engine to a question and back: `python -m tools.bench.round_trip --help`.

May import: all packages. Read first: `__main__.py`.
"""
