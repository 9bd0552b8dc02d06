"""Step labels from rollouts: a belief about the first error, the prior a run learns, and the labels themselves.

Read `step_labels.py` first (the rules that make labels), then `belief.py` (the posterior over the first error, with the
model in its docstring), then `experience.py` (the prior over the policy that each worker learns).
"""
