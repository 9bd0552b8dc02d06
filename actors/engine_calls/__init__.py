"""Way of a request to an engine and back.

May import: `actors.calls`, `factory`, Ray. Read first: `wire.py`.
"""
