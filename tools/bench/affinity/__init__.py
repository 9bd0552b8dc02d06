"""Benchmark of prefix affinity against engines in turn: `python -m tools.bench.affinity --help`.

May import: all packages. Read first: `requests.py`.
"""
