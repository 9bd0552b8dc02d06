"""Benchmarks: programs that print a table and write JSON. Figures in the docs name the command that makes them.

    python -m tools.bench.rollouts --questions 2000 --json bench.json

README.md says what each module measures. Read first: `rollouts.py`.
"""
