"""Benchmarks: programs that print a table and write JSON. Figures in the docs name the command that makes them.

    python -m tools.bench.writer --rows 512 --json bench.json

Read first: `rollouts.py`.
"""
