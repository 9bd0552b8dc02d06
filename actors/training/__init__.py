"""The training loop of the trainers in this process: model, heads, checkpoints, metrics, validation."""
