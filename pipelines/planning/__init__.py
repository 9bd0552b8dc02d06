"""Planning of a run: one pass over the source, what is left out of it, and which units are missing.

May import: `pipelines.run`, `actors`, `factory`. Read first: `plan.py`, then `survey.py`.
"""
