"""Sandbox for programs nobody trusts: bubblewrap, seccomp, limits, and a kill that leaves nothing behind. Linux only.

Imports the standard library, `factory.errors` and `factory.processes` alone. Read first: `run.py`, which has everything
that others import; then `start.py`, `process.py` and `watch.py`. README.md says what the sandbox keeps out, and what it
doesn't.
"""
