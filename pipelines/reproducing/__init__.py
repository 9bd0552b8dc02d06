"""One question of a run worked on again, in this process, and what differs from its record.

May import: `pipelines.run`, `pipelines.pools`, `actors`, `factory`. Read first: `reproduce.py`.
"""
