"""Log of a run: what it says and does as JSON lines in its folder, and how these are read from anywhere.

May import: `pipelines.run`, `pipelines.driving`, `factory`. Read first: `run_log.py`.
"""
