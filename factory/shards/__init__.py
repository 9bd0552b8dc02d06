"""Shards: committed Parquet objects of records, and the units of questions that each of them answers."""
