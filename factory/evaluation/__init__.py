"""Measures of models: accuracy and pass@k, best of N, scores of reward models."""
