"""Benchmark of critics beside rollouts: `python -m tools.bench.critics` (`__main__.py`)."""
