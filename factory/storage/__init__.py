"""Where a run folder lies: a local disk or S3, the same to everybody else.

`store.py` is the seam, `opening.py` the door. May import fsspec, s3fs and tenacity, nothing of the factory but its
errors. Read first: `store.py`.
"""
