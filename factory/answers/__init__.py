"""Pure steps of answer checking: completion text → final answer → normal form → exact value or quantity → equality.

May import: the standard library; `symbolic.py` alone imports math-verify, and only when it is called.
Read first: `extract.py`, then `exact.py`; `factory/checkers/math_answer.py` puts them in order.
"""
