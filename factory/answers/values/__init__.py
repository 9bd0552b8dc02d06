"""Values of answers: exact numbers, quantities with units, special notations.

Read `quantity.py` first: it reads a number with its unit, and decides when two quantities are the same. `exact.py`
parses the number and `rational.py` computes it within bounds; `units.py` knows units, `notations.py` ratios, times of
day, number bases and angles. Number words are read by `factory/text/number_words.py`. `match.py` has the possible
results of a comparison.
"""
