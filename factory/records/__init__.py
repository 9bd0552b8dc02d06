"""Records: one row per question, with its solutions, their step labels and its search tree.

`schema.py` lists the columns, `record.py` builds rows, `validation.py` has the rules that every row keeps.
`tally.py` counts rows, `difference.py` compares two of them, `seen_questions.py` notices a question that comes twice.
`shard_schema.py` and `record_columns.py` are for readers: earlier schema versions, and reading some columns only.
Read first: `schema.py`.
"""
