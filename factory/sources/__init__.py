"""Question sources, one file each, picked by `source.kind`: registry of plug-ins.

Read `README.md` first, for the list and for what a source must define; then `simulated.py`, the shortest, or
`jsonl.py`. Columns and files are read by `factory/readers/`.
"""
