"""Coq as a checker's tool: proof scripts cut into sentences, what may stand in them, and the two ways they are judged.

Read first: `script.py`, what a completion says. `toplevel.py` runs it tactic by tactic, `trusted.py` alone makes it
correct. Model text reaches Coq only inside the sandbox (`factory/sandbox`), and only sentences that `rules.py` lets
through.
"""
