"""Drafts: solutions under way that no checker has seen, and what search methods share to grow, compare and end them.

Read `README.md`, then `steps.py`. Nothing in here reads the gold answer but `settled.py`, which is called last.
"""
