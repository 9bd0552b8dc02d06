"""Ways to fine-tune a model on the examples of a run; one file each, picked by `trainer.kind`.

A trainer defines `Config` and `train(job, config, report)`, which leaves a Hugging Face folder at `job.out` and calls
`report` with what it knows so far: `total_steps`, `examples`, `tokens`, `skipped_<reason>`, after every step `step`,
`epoch`, `loss`, and `eval_loss` where it was measured. `factory/self_training/training.py` says what it is given and
what it may raise; `actors/contracts.py` says what it may define besides. Importing one is cheap.

Read first: `command.py`, which shares nothing with the others; they build on `actors/training/`.
"""
