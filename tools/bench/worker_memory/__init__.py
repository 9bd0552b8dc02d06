"""Memory of a rollout worker over many questions; `python -m tools.bench.worker_memory`. Read first: `worker.py`."""
