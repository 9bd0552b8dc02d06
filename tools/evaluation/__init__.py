"""Evaluation of what exports are good for: reward models and fine-tuned models, measured.

    python -m tools.evaluation.proof_of_worth --dir runs/proof

`proof_of_worth.py` labels, exports, trains and measures; `eval_prm.py` compares a reward model with methods that need
none. Read first: `eval_prm.py`.
"""
