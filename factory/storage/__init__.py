"""Storage of a run folder: a local disk or S3, the same to everybody else.

`store.py` is the contract, `opening.py` makes a store of a path or URL, `local.py` and `s3.py` implement it.
`retries.py` and `faults.py` decide which failed calls are repeated. May import fsspec, s3fs and tenacity, and nothing
of the factory but its errors. Read first: `store.py`.
"""
