"""Measures of models: accuracy and pass@k, best of N, scores of reward models.

Read `pass_at_k.py` first: it scores the records of a run. `best_of_n.py` compares ways to pick one of N answers,
`method_comparison.py` compares search methods at equal budgets, `prm_scores.py` measures process reward models. They
are used by `pipelines/self_training/` (accuracy per round), `pipelines/method_comparison/`, and the commands in
`tools/evaluation/`.
"""
