"""Ways to fine-tune a model on the examples of a run; one file each, picked by `trainer.kind`.

A trainer defines `Config` and `train(job, config, report)`, which leaves a Hugging Face folder at `job.out`. What they
take and raise, and what a trainer may define besides, is the contract `TrainerPlugin` in
`actors/contracts/trainers.py`. A job is described in `factory/self_training/training.py`. Importing a trainer is cheap.

Read first: `command.py`, which shares nothing with the others; they build on `actors/training/`.
"""
