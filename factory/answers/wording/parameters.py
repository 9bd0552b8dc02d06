r"""Letters that stand for any number: `k` in `k\pi, k \in \mathbb{Z}`, and the constant of integration in `x^2 + C`."""

from __future__ import annotations

import re
from typing import NamedTuple

_LONGEST = 300
_OF_INTEGERS = re.compile(
    r"(?P<body>.{1,200}?)\s*(?:,|;|\(|\bwhere\b|\bfor\b|\bwith\b)\s*(?:\(\s*)?(?P<name>[a-z])\s*\\in\s*"
    r"(?:\\mathbb\s*\{?\s*(?P<set>[ZN])\s*\}?|(?P<letter>[ZN]))(?P<mark>(?:\s*[_^]\s*\{?\s*[+*]\s*\}?)?)\s*\)?"
)
_NAMED = re.compile(r"\\[A-Za-z]+|[A-Za-z]")
_CONSTANT = re.compile(r"(?P<body>.{1,200}?)\s*\+\s*(?:(?P<letter>[CcKk])(?:_\{?[01]\}?)?|const(?:ant)?\.?)")
_IN_FRONT = re.compile(r"(?P<letter>[CcKk])(?:_\{?[01]\}?)?\s*(?P<body>[+-].{1,200})")
_CAPITAL = re.compile(r"(?<![A-Za-z\\])[A-Z]")


class _OfIntegers(NamedTuple):
    """Text with a letter of any integer, that letter, and the set of its values."""

    body: str
    name: str
    values: str


def _of_integers(text: str) -> _OfIntegers | None:
    r"""Return the parts of `k\pi, k \in \mathbb{Z}`; None for another text."""
    match = _OF_INTEGERS.fullmatch(text) if r"\in" in text and len(text) <= _LONGEST else None
    if match is None or match["name"] not in _NAMED.findall(match["body"]):
        return None
    values = (match["set"] or match["letter"]) + re.sub(r"[\s_^{}]", "", match["mark"]).replace("*", "+")
    return _OfIntegers(match["body"].strip(), match["name"], values)


def without_parameters(gold: str, answer: str) -> tuple[str, str] | None:
    r"""Return gold and answer without what they say of a letter of any integer, called as in the gold.

    None unless both say the same of one, or only the answer says that a letter is a natural number, as in `2n+1`.
    """
    wanted, stated = _of_integers(gold), _of_integers(answer)
    if stated and not wanted and stated.values[0] == "N" and r"\in" not in gold:
        return gold, stated.body
    if not wanted or not stated or wanted.values != stated.values:
        return None
    letters = _NAMED.findall(stated.body)
    if wanted.name == stated.name or wanted.name in letters:
        return wanted.body, stated.body
    renamed = _NAMED.sub(lambda match: f"{wanted.name} " if match[0] == stated.name else match[0], stated.body)
    return wanted.body, renamed


def without_constant(text: str) -> str:
    """Return an antiderivative without its constant, x^2 of x^2 + C; "" for another text."""
    if len(text) > _LONGEST or not (match := _CONSTANT.fullmatch(text) or _IN_FRONT.fullmatch(text)):
        return ""
    body, letter = match["body"].removeprefix("+").strip(), match.groupdict().get("letter") or ""
    letters = _NAMED.findall(body)
    has_variable = any(len(name) == 1 and name != "e" for name in letters)
    # The C of A + B + C is no constant of integration.
    return body if has_variable and letter not in letters and not _CAPITAL.search(body) else ""
