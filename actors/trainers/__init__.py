"""Ways to fine-tune a model on the examples of a run; one file each, picked by `trainer.kind`.

A trainer defines `Config` and `train(job, config, report)`, which leaves a Hugging Face folder at `job.out` and calls
`report` with what it knows so far: `total_steps`, `examples`, `tokens`, `skipped_<reason>`, after every step `step`,
`epoch`, `loss`, and `eval_loss` where it was measured. What it is given and what it may raise is
`factory/self_training/training.py`. Optional:

* `resources(config)`: the `num_cpus` and `num_gpus` its Ray actor holds;
* `environment(config)`: the environment variables its process needs;
* `require(config)`: raises `BadInput` for settings that cannot work;
* `check_data(folder, config)`: raises `TrainingFailed` for data that it cannot train on, as far as a look at their
  columns tells;
* `EXECUTION`: the names of settings that say where and how it runs, not what comes out;
* `REPLACES_BASE`: False where what it leaves is no language model, but a head of its own on one (a reward model).

Importing one is cheap. What trainers share is in `actors/training_*.py`.
"""
