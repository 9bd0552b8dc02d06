"""Export of records to flat data sets: which solutions and questions are taken, and what all formats share.

`filter.py` looks at each solution by itself, `choice.py` chooses among a question's solutions, `split.py` divides
questions into train, validation and test. `flat_rows.py` is for formats that are written, `imported.py` and
`value_trees.py` for those that are read, too. The formats themselves are in `factory/formats/`.
Read first: `filter.py`.
"""
