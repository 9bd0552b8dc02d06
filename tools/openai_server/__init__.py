"""OpenAI-compatible server without a model, for tests and benchmarks of `engine.kind=http`.

    python -m tools.openai_server --port 8000 --slots 64 --speed linear --knee 16

Read first: `options.py`.
"""
