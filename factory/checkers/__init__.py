"""Answer checkers, one file each, picked by `checker.kind`: registry of plug-ins.

Read `README.md` first, for what each one calls right and what a checker must define; then `exact.py`, the simplest, or
`math_answer.py`, the default. Reading and comparing answers is done in `factory/answers/`.
"""
