"""Shards: one Parquet object per unit of work, holding the records of the unit's questions.

`units.py` cuts questions into units, `commits.py` creates, lists and opens shards, `shard_file.py` encodes them.
`receipts.py` keeps what the driver was told of each unit, `shard_check.py` checks a shard in full.
`merged_shards.py` is about objects that hold the rows of many units.
Read first: `commits.py`.
"""
