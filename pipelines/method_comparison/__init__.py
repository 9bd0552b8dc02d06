"""Comparison of search methods on the same questions at equal budgets: what pipeline `compare_methods` is made of.

Read `work.py` first.
"""
