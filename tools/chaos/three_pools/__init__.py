"""Run with three pools whose scorer is killed: `python -m tools.chaos.three_pools --help`.

Read first: `__main__.py`.
"""
