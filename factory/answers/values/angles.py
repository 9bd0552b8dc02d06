"""Angles in degrees, minutes and seconds, and as multiples of pi."""

from __future__ import annotations

import re
from fractions import Fraction

from factory.answers.values.exact import exact_value

# 22 degrees 30' 15'', with quotation marks for seconds, too.
_DEGREES = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<degrees>\d{1,9}) degrees\s*(?P<minutes>\d{1,2}(?:\.\d{1,20})?)\s*'(?!')"
    r"(?:\s*(?P<seconds>\d{1,2}(?:\.\d{1,20})?)\s*(?:''|\"))?",
    re.ASCII,
)
_PRIMED = re.compile(r"(?P<number>[+-]?\d{1,9}(?:\.\d{1,20})?)\s?(?P<mark>''?|\")", re.ASCII)
_OF_PI = re.compile(
    r"(?P<sign>[+-]?)\s*(?:\\frac\s*\{(?P<times>[^{}+-]*)\\pi\s*\}\s*\{(?P<over>\d+)\}"
    r"|\\frac\s*\\pi\s*\{?(?P<over_digit>\d+)\}?"
    r"|(?P<factor>[^+\\-]*|\\frac\s*\{\d+\}\s*\{\d+\})\s*\\pi\s*(?:/\s*(?P<slash>\d+))?)"
)


def degrees_and_minutes(text: str) -> Fraction | None:
    """Return the degrees of an angle with minutes and seconds: 22 degrees 30' is 22.5. None for anything else."""
    match = _DEGREES.fullmatch(text)
    if match is None:
        return None
    minutes, seconds = Fraction(match["minutes"]), Fraction(match["seconds"] or 0)
    if minutes >= 60 or seconds >= 60 or (match["seconds"] and minutes.denominator != 1):
        return None
    value = int(match["degrees"]) + minutes / 60 + seconds / 3600
    return -value if match["sign"] == "-" else value


def primed(text: str) -> tuple[str, str] | None:
    """Return a number and the name of the unit for which one or two strokes behind it stand: 60' or 12''; else None."""
    match = _PRIMED.fullmatch(text)
    return (match["number"], match["mark"].replace('"', "''")) if match else None


def in_degrees(text: str) -> Fraction | None:
    r"""Return the degrees of an angle written as a rational multiple of pi: 3\pi/4 is 135. None for anything else."""
    match = _OF_PI.fullmatch(text)
    if match is None:
        return None
    # A factor may be written with a sign of multiplication in front of pi; without one it is 1.
    factor = (match["times"] or match["factor"] or "").strip() or "1"
    value = exact_value(re.sub(r"\\cdot\s*$|\*\s*$", "", factor).strip())
    over = match["over"] or match["over_digit"] or match["slash"] or "1"
    if value is None or len(over) > 9 or not int(over):
        return None
    return value * (-180 if match["sign"] == "-" else 180) / int(over)
