"""Pure steps of answer checking: completion text → final answer → normal form → shape, exact value, unit → equality.

May import: the standard library; `symbolic.py` alone imports math-verify and sympy, and only when it is called.
Read first: `policy.py` (what counts as the same), `extract.py`, `exact.py`, then `compare.py`;
`factory/checkers/math_answer.py` puts them in order.
"""
