"""Commands on runs elsewhere: in another process, on another machine, in the job of a cluster.

Read first: `stop.py`.
"""
