"""Parts that all pipelines share: settings, the run folder, its attempts, the actors, the session.

May import: `pipelines.planning`, `pipelines.driving`, `actors`, `cluster`, `factory`. Read first: `session.py`, then
`labelling.py`.
"""
