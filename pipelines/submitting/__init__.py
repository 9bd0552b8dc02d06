"""Submission of a run to a cluster: what is shipped, and the job that it becomes. No Ray is started here.

May import: `pipelines.run`, `cluster`, `factory`. Read first: `package.py`.
"""
