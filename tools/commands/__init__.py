"""Commands of `factory`: options, progress and printed lines, one file per command. `tools/cli.py` wires them up.

Commands print and parse only; the work is done in `pipelines/`. Read first: `status.py`.
"""
