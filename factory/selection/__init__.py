"""Rules that decide which solutions of a question become training data: one plug-in per file, chosen by `keep.method`.

A rule with `RATIONALISES = True` needs the unsolved questions asked again with the gold answer as a hint.
Read `star.py` first; `rft.py` needs no hints. The contract is in `factory/contracts/selection.py`; what the rules share
is in `factory/self_training/candidates.py`.
"""
