"""Pipelines: one file per pipeline, its YAML beside it; the folders hold what they are made of.

May import: everything but `tools`. Read first: `label_steps.py`, then `run/session.py` and `run/labelling.py`, then
`driving/drive.py`, the loop that all pipelines share.
"""
