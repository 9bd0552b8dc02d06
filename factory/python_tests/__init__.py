"""Parts of the `python_tests` checker: reading tests, running a candidate on one, comparing outside of the sandbox.

Imports the standard library and `factory`. Read first: `reading.py`, then `trial.py`. `sandboxed/` and `wire.py` are
also copied into the sandbox: they import nothing but the standard library. README.md has the way of a test.
"""
