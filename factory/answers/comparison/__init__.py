"""Comparison of two answers in normal form: by shape, then scalar by scalar, then by a prover.

Read `compare.py` first: it goes by shape (`shape.py`, with `splitting.py` and `spellings.py`) and calls `relations.py`
for equations and inequalities and `scalars.py` for single values. `names.py` knows what may have a value assigned to
it, `systems.py` compares values of several variables, `intervals.py` and `unions.py` sets of numbers, `vectors.py`
reads sums of unit vectors. `symbolic.py` is the only slow part: it asks math-verify, which gets what `expression.py`
has parsed and re-written. `guards.py` recognises hedges, prose and bombs.
"""
