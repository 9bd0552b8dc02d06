"""Ways to fine-tune a model on the examples of a run; one file each, picked by `trainer.kind`.

A trainer defines `Config` and `train(job, config, report)`, which leaves a Hugging Face folder at `job.out` and calls
`report` with what it knows so far: `total_steps`, `examples`, `tokens`, `skipped_<reason>`, and after every step
`step`, `epoch`, `loss`. What it is given and what it may raise is `factory/training.py`. Optional:

* `resources(config)`: the `num_cpus` and `num_gpus` its Ray actor holds;
* `environment(config)`: the environment variables its process needs;
* `require(config)`: raises `BadInput` for settings that cannot work;
* `REPLACES_BASE`: False where what it leaves is no language model, but a head of its own on one (a reward model).

Importing one is cheap. What trainers share is in `actors/training_*.py`.
"""
