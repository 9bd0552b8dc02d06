"""Ray shells: one actor per file, thin wrappers that give the pure core its models, its checker and its disk.

May import: ray, vllm, transformers, torch, `factory`. Never `cluster` or `pipelines`.
Read first: `rollout_worker.py` (a unit of questions from start to end), `generator.py` (an engine behind an actor).
"""
