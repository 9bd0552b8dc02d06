"""Training in this process: loop, model, heads, checkpoints, metrics, validation, settings.

Read first: `loop.py` (transformers' Trainer over fixed rows), then `options.py` (the settings all trainers share),
`model.py` (loading, adapters, saving) and `heads.py` (reward models). `checkpoints.py` seals what may be resumed,
`metrics.py` and `validation.py` measure, `isolation.py` checks packed examples.
"""
