r"""One spelling for what is written in several ways and is no number: intervals, vectors, formulas, congruences.

`]0,2[` is `(0,2)`, `\langle1,2\rangle` is `⟨1,2⟩`, ℝ is an interval, H₂O is `H_2O`, and `x \equiv 12 \pmod 7` is
`5 \pmod 7`. Each test begins with one for the characters that it needs.
"""

from __future__ import annotations

import re

from factory.answers.values.match import Match, equal_if

_REAL_LINE = r"(-\\infty,\\infty)"
_REALS = re.compile(
    r"(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?![A-Za-z])|\\Reals|ℝ|\b(?:the set of )?(?:all|any|every)(?: the)? "
    r"(?:real numbers?|reals)(?: x)?)(?=\s*(?:$|[,;:]|\\(?:setminus|backslash|mid)(?![A-Za-z])|\||-\s*\\\{"
    r"|and\b|or\b))"
)
_EXCEPT = re.compile(
    r"(?:x\s*(?:\\in|is|can be)\s*)?(?:the set of )?(?:all|any|every)(?: the)? (?:real numbers?|reals)(?: x)?,? "
    r"(?:except(?: for)?|other than|excluding|but|without) (?:x\s*=\s*)?(?P<points>[^=<>]{1,100})"
)
_LESS_GREATER = re.compile(r"<([^<>=\\]{1,200},[^<>=]{1,200})>")
_FRENCH = re.compile(r"([\[\](])([^\[\]()]{1,80}[,;][^\[\]()]{1,80})([\[\])])")
_BACK_TO_BACK = re.compile(r"\[\s*\\cup|\\cup\s*\]")
_OPEN = {"]": "(", "[": "[", "(": "("}
_CLOSED = {"[": ")", "]": "]", ")": ")"}


def respelled(text: str) -> str:
    """Return the text of a set or vector in one spelling. A reversed bracket is only turned where it closes nothing."""
    if "R" in text or "real" in text or "ℝ" in text:
        if every := _EXCEPT.fullmatch(text):
            return rf"(-\infty,\infty) \setminus \{{{every['points']}\}}"
        text = _REALS.sub(_REAL_LINE, text)
    if "angle" in text:
        text = text.replace(r"\langle", "⟨").replace(r"\rangle", "⟩")
    if text.startswith("<") and (vector := _LESS_GREATER.fullmatch(text)):
        text = f"⟨{vector[1]}⟩"
    if ("[" in text or "]" in text) and _has_reversed(text):
        return _FRENCH.sub(lambda match: _OPEN[match[1]] + match[2] + _CLOSED[match[3]], text)
    return text


def _has_reversed(text: str) -> bool:
    r"""Return whether a bracket closes nothing or is never closed, or turns its back to a union: `[0,1[ \cup ]2,3]`."""
    if r"\cup" in text and _BACK_TO_BACK.search(text):
        return True
    depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if depth < 0:
            return True
    return depth > 0


# Formulas of chemistry: elements with numbers behind them, groups in brackets, a charge.
_ELEMENTS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pt Au Hg Tl Pb Bi Rn Ra Th U Pu W"
)
_ELEMENT = "|".join(sorted(_ELEMENTS.split(), key=len, reverse=True))
_CHEMICAL = re.compile(
    rf"\d{{0,3}}(?:(?:{_ELEMENT})(?:_?\d{{1,3}})?|[(\[]|[)\]](?:_?\d{{1,3}})?){{1,40}}(?:\^?\d?[+-])?"
)
_STYLE = re.compile(r"\\(?:ce|mathrm|mathsf|text|rm)(?![A-Za-z])")


def chemical(text: str) -> str:
    """Return a chemical formula in one spelling, H2O; "" for a text that is none, or has no number and no charge."""
    if not any(character in text for character in "_^23456789") or "=" in text or len(text) > 120:
        return ""
    plain = re.sub(r"[\s{}]", "", _STYLE.sub("", text))
    return plain.replace("_", "").replace("^", "") if _CHEMICAL.fullmatch(plain) else ""


_CONGRUENCE = re.compile(
    r"(?:\\?[A-Za-z]{1,8}\s*(?:\\equiv|=)\s*)?(?P<residue>-?\d{1,30})\s*(?:\\pmod|\\bmod|\\mod|\(\s*\\?(?:b?mod)\b|\bmod\b)"
    r"\s*\{?\s*(?P<modulus>\d{1,30})\s*\}?\s*\)?"
)


def congruence(text: str) -> tuple[int, int] | None:
    r"""Return the residue and the modulus of `x \equiv 12 \pmod 7`, the least residue; None for another text."""
    match = _CONGRUENCE.fullmatch(text) if "mod" in text else None
    if match is None or not int(match["modulus"]):
        return None
    modulus = int(match["modulus"])
    return int(match["residue"]) % modulus, modulus


_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_WITHOUT_SEPARATORS = str.maketrans("", "", " ,;、")
_VECTOR = re.compile(r"\\(?:vec|overrightarrow|mathbf)\s*(?:\{\s*(\\?[A-Za-z])\s*\}|([A-Za-z])(?![A-Za-z]))")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_UNIT_VECTOR = re.compile(r"\\(?:hat|vec|mathbf)\s*(?:\{\s*\\?([ijk])(?:math)?\s*\}|\\?([ijk])(?:math)?(?![A-Za-z]))")


def without_arrows(gold: str, answer: str) -> tuple[str, str]:
    r"""Return both texts without arrows over single letters, where only one side has them: `3\vec{a}` and `3a`.

    A side that uses a letter with and without an arrow is left as it is: those are two things.
    """
    if r"\hat" in gold or r"\hat" in answer or r"\vec" in gold or r"\vec" in answer:
        gold, answer = (_UNIT_VECTOR.sub(lambda match: f"{match[1] or match[2]} ", text) for text in (gold, answer))
    with_arrows, bare = (gold, answer) if _VECTOR.search(gold) else (answer, gold)
    letters = {match[1] or match[2] for match in _VECTOR.finditer(with_arrows)}
    rest = _VECTOR.sub(" ", with_arrows)
    if not letters or _VECTOR.search(bare) or not letters <= _letters(bare) or letters & _letters(rest):
        return gold, answer
    plain = _VECTOR.sub(lambda match: f"{match[1] or match[2]} ", with_arrows)
    return (plain, answer) if with_arrows is gold else (gold, plain)


def _letters(text: str) -> set[str]:
    """Return the letters of a text that are no part of a command."""
    return set(re.findall("[A-Za-z]", _COMMAND.sub(" ", text)))


def same_by_spelling(gold: str, answer: str) -> Match | None:
    """Compare two formulas of chemistry, congruences or choices of several statements; None for other texts."""
    if gold and gold[0] in _CIRCLED and (chosen := _circled(gold)):
        stated_choice = _circled(answer)
        return equal_if(chosen == stated_choice) if stated_choice else None
    if "mod" in gold and (wanted := congruence(gold)):
        stated = congruence(answer)
        return equal_if(wanted == stated) if stated and wanted[1] == stated[1] else Match.UNCLEAR
    if gold[:1] in "\\([" or gold[:1].isupper() or gold[:1].isdigit():
        wanted_formula, stated_formula = chemical(gold), chemical(answer)
        if wanted_formula and stated_formula and _is_chemistry(gold + answer):
            # Another order of the elements may name the same substance.
            return Match.EQUAL if wanted_formula == stated_formula else None
    return None


def _circled(text: str) -> set[str]:
    """Return the circled numbers that a text consists of, ①③; none for another text."""
    rest = text.translate(_WITHOUT_SEPARATORS)
    return set(rest) if all(character in _CIRCLED for character in rest) else set()


def _is_chemistry(text: str) -> bool:
    """Return whether a text holds a sign of chemistry: an index or a small letter."""
    return "_" in text or any(character.islower() for character in text) or r"\ce" in text
