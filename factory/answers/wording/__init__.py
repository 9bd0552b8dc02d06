"""Comparison of answers by their wording, where no shape or value is read.

`phrases.py` knows set phrases such as "no solution", `formulas.py` formulas of chemistry, congruences and numbered
statements, `letters.py` choices of several letters. Each returns None for texts that are not its own.
"""
