"""Running programs nobody trusts: bubblewrap, seccomp, limits, and a kill that leaves nothing behind. Linux only.

Imports the standard library and `factory.errors` alone. Read `run.py` first.
"""
