"""Work on one question, from start to record, and again from its record when a run is resumed with more effort.

Read `recipe.py` first: adopt the given solutions, search, label, write the row. `effort.py` says what may be raised on
resume, `restored.py` rebuilds a question from its row, `continued.py` finishes solutions that were cut off, `judged.py`
puts a model in the place of the checker.
"""
