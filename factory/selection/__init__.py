"""Which solutions of a question become training data, one file each, picked by `keep.method`.

One whose `RATIONALISES` is true wants the questions that were not solved to be asked again with the gold answer as a
hint.
"""
