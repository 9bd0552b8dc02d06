"""Vocabulary and tokeniser of scalar LaTeX expressions."""

from __future__ import annotations

import re
from fractions import Fraction

from factory.answers.values.units import UNITS

DIGITS = tuple("0123456789.")
# Letters that math-verify reads as plain variables, in the order in which they are given out.
SAFE_NAMES = "xyzabckmnpqrstuvw"
# Longer numbers are hostile: no answer needs them, and their fractions are slow to compute with.
_MAX_DECIMALS = 1_000

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<command>\\[A-Za-z]+)|(?P<word>[A-Za-z]+)|(?P<sign>\*\*|\S))", re.ASCII
)
_FUNCTION_NAMES = "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh ln log exp"
FUNCTIONS = frozenset(_FUNCTION_NAMES.split())
INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}
_WORDS = {name: "\\" + name for name in [*FUNCTIONS, "sqrt", "pi", "theta", "alpha", "beta"]}
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell"
)
GREEK = frozenset("\\" + name for name in _GREEK_NAMES.split())
_ACCENT_NAMES = "vec hat bar overline tilde dot ddot mathbf mathcal mathbb"
ACCENTS = frozenset("\\" + name for name in _ACCENT_NAMES.split())
TIMES = frozenset(["*", r"\cdot", r"\times", r"\ast"])
OVER = frozenset(["/", r"\div"])
CLOSING = {"(": ")", "[": "]", "{": "}", r"\lfloor": r"\rfloor", r"\lceil": r"\rceil", r"\lvert": r"\rvert"}
# Short words that are no product of variables.
_NO_PRODUCT = frozenset(["or", "and", "not", "if", "is", "no", "mod", "of", "to", "in", "or", "as", "am", "pm", "per"])
# A constant and what it multiplies, in solutions of differential equations: Ce^x.
_CONSTANT_PRODUCTS = frozenset(["Ce", "Cx", "Ae", "Ax", "Bx", "De", "Dx", "Ke", "Kx"])


class NotScalar(ValueError):
    """Error for a text that is no scalar expression, or one that can be read in two ways."""


def tokens(text: str) -> list[str]:
    """Return the tokens of an expression: numbers, commands, letters, signs.

    A run of up to three lower-case letters is a product of variables unless it is a word or a unit. Raises `NotScalar`
    for any other word.
    """
    parts: list[str] = []
    for match in _TOKEN.finditer(text.rstrip()):
        token = match.group().strip()
        if match.lastgroup != "word" or len(token) == 1 or token == "degrees":
            parts.append(token)
        elif token in _WORDS:
            parts.append(_WORDS[token])
        elif token in _CONSTANT_PRODUCTS or (
            len(token) <= 3 and token.islower() and token not in _NO_PRODUCT and token not in UNITS
        ):
            # A product of variables: one token for each letter.
            parts += token
        else:
            raise NotScalar(f"the word {token!r}")
    return parts


def exact_decimal(number: str) -> str:
    """Return a decimal as a fraction in LaTeX, as floats would lose its digits. Raises `NotScalar` for a long one."""
    if "." not in number:
        return str(int(number)) if len(number) <= _MAX_DECIMALS else _refuse(number)
    if len(number) > _MAX_DECIMALS:
        _refuse(number)
    value = Fraction(number)
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


def _refuse(number: str) -> str:
    """Raise `NotScalar` for a number with too many digits."""
    raise NotScalar(f"a number of {len(number)} digits")
