"""Start of an engine: what is refused before it, its parts on other nodes, what its processes said where it failed.

Read first: `start_checks.py`.
"""
