"""Readers of the user's files and rows, shared by all sources that read a data set.

Read `columns.py` first: it turns rows into questions. `gold.py` reads the gold answer out of an answer column, and
`source_files.py` opens files wherever they lie.
"""
