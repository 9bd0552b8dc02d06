"""Way of a request to an engine and back.

May import: `factory`, Ray. Read first: `wire.py`.
"""
