"""What the `python_tests` checker is made of: reading tests, running one, comparing outside of the sandbox.

Imports the standard library and `factory`. Read `reading.py` first, then `trial.py`. `driver.py` and `wire.py` are also
copied into the sandbox: they import nothing but the standard library.
"""
