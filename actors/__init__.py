"""Ray actors, one per file: thin shells that give the pure core its models, its checker and its disk.

May import: ray, vllm, transformers, torch, `factory`. Never `cluster` or `pipelines`.
Read first: `assigned_work.py` (a unit of questions from start to end), then `generator.py` (an engine behind an
actor). README.md maps each actor to its callers and to what happens when it dies.
"""
