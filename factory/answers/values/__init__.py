"""Values of answers: exact numbers, quantities with units, special notations.

Read `quantity.py` first: it reads a number with its unit; `same_quantity.py` decides when two of them are the same
answer, `rounding.py` when a decimal is the rounded form of a value. `exact.py` parses the number and `rational.py`
computes it within bounds.

Around the number: `units.py` knows units, `unit_words.py` which words behind a number are one, `scales.py` which words
change the number, `words.py` numbers in words, `money.py` currencies in front, `counters.py` units of Chinese, Japanese
and Korean, `letters.py` what a letter may mean. Number words themselves stand in `factory/text/number_words.py`.

Other notations: `notations.py` ratios, times of day and number bases, `angles.py` degrees, minutes and multiples of pi,
`dates.py` dates. `match.py` has the possible results of a comparison.
"""
