"""Benchmark of how many requests the HTTP engine keeps under way: `python -m tools.bench.back_pressure --help`.

May import: all packages. Read first: `__main__.py`.
"""
