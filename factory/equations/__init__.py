"""Equations: the arithmetic that a step states, held against exact arithmetic.

Imports nothing but the standard library. Read `check.py` first.
"""
