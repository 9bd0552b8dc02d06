"""Start of an engine: what is refused before it, and what its processes said where it failed.

Read first: `start_checks.py`.
"""
