"""Scorers: reward models that say how likely a solution is right, at each of its steps and as a whole.

May import torch and transformers, in functions only: a driver reads the settings without them. Read first: `scorer.py`.
"""
