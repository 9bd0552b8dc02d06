"""Pure steps of answer checking, from a completion to "equal", "different" or "unclear".

* `extraction/`: a completion → the answer that it states (`extract.py`, `final_answer`).
* `normalise.py`: that answer → one spelling; `characters.py`: of what is not ASCII, `wrappers.py`: without marks around
  it; `policy.py`: what counts as the same answer.
* `values/`: an answer → an exact number with a unit (`exact.py`, `quantity.py`).
* `comparison/`: gold and answer → `Match` (`compare.py`).

Read `policy.py` first, then `README.md`; `factory/checkers/math_answer.py` puts the steps in order. Only the standard
library and `factory/text` may be imported here; `comparison/symbolic.py` alone imports math-verify and sympy, when it
is called.
"""
