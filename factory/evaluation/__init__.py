"""Measures of models: accuracy and pass@k, best of N, scores of reward models.

Read `pass_at_k.py` first: it scores the records of a run. `best_of_n.py` compares ways to pick one of N answers,
`prm_scores.py` measures process reward models. They are used by `pipelines/self_training/` (accuracy per round) and by
the commands in `tools/evaluation/`.
"""
