"""Looks at a run from its folder alone, again and again: what `factory watch` shows.

May import: `pipelines.run`, `pipelines.driving`, `pipelines.logging`, `factory`. Read first: `look.py`.
"""
