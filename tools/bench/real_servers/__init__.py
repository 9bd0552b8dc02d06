"""Run through real vLLM servers, one of them killed: `python -m tools.bench.real_servers --help`.

Read first: `__main__.py`.
"""
