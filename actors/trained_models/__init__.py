"""Model folders that a training leaves: checked against their base, sealed, published; reward models read and asked.

Read first: `seal.py` (a model folder that exists is whole). `trained_model.py` checks that a model can replace its
base, `provenance.py` says what made the weights, `copies.py` trains on copies of an object store's data,
`reward_scorer.py` scores solutions with a trained reward model.
"""
