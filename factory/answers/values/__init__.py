"""Values of answers: exact numbers, quantities with units, number words, special notations.

Read `quantity.py` first: it reads a number with its unit, and decides when two quantities are the same. `exact.py`
parses the number and `rational.py` computes it within bounds; `words.py` reads number words, `units.py` knows units,
`notations.py` ratios, times of day, number bases and angles. `match.py` has the possible results of a comparison.
"""
