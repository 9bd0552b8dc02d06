"""Audit of an answer checker: how right, how fast and how robust it is.

    python -m tools.checker_audit.audit cases.jsonl.gz --json audit.json

`cases.py` reads cases, `audit.py` measures, `table.py` prints; `soak.py` feeds a checker for hours while its workers
are killed. Read first: `audit.py`.
"""
