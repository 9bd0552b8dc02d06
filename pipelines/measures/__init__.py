"""Measures of a run: what its driver tells whoever watches it, what it costs, and its budgets.

May import: `pipelines.driving`, `pipelines.run.attempts`, `pipelines.run.sections`, `factory`.
Read first: `exporter.py`.
"""
