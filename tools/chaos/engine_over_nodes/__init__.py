"""Run on an engine that lies over several nodes, of which parts are killed.

Read first: `__main__.py`.
"""
