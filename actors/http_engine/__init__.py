"""Parts of `engine.kind=http`: how a server of others is asked. Most of it is pure.

Read first: `README.md`.
"""
