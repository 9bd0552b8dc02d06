"""Parts of `engine.kind=http`: how a server of others is asked. Pure but for `wire.py`, `gate.py`, `asking.py`.

Read first: `README.md`.
"""
