"""Parts that pipelines of several rounds share: journal of phases, the loop over them, stop rules, parts, tables.

Read first: `loop.py`.
"""
