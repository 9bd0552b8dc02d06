"""Text generators behind the `Engine` protocol of `factory/interfaces.py`; one file each, picked by `engine.kind`.

`vllm` runs a model on CPU or GPUs; `scripted` and `simulated` have no model and serve tests and benchmarks. Records
name the engine that made them, so simulated data cannot pass for real. Read first: `scripted.py`, the smallest one.
"""
