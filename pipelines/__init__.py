"""One runnable story per file, its YAML beside it.

May import: everything but `tools`. Read first: `label_steps.py`, then `drive.py` (the loop that all stories share).
"""
