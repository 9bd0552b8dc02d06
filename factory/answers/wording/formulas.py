r"""Formulas of chemistry, congruences and numbered statements: H₂O is `H_2O`, `x \equiv 12 \pmod 7` is `5 \pmod 7`."""

from __future__ import annotations

import re

from factory.answers.values.match import Match, equal_if

# Formulas of chemistry: elements with numbers behind them, groups in brackets, a charge.
_ELEMENTS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pt Au Hg Tl Pb Bi Rn Ra Th U Pu W"
)
_ELEMENT = "|".join(sorted(_ELEMENTS.split(), key=len, reverse=True))
_CHEMICAL = re.compile(
    rf"\d{{0,3}}(?:(?:{_ELEMENT})(?:_?\d{{1,3}})?|[(\[]|[)\]](?:_?\d{{1,3}})?){{1,40}}(?:\^?\d?[+-])?"
)
_LONGEST = 200
_STYLE = re.compile(r"\\(?:ce|mathrm|mathsf|text|rm)(?![A-Za-z])")


def chemical(text: str) -> str:
    """Return a chemical formula in one spelling, H2O; "" for a text that is none, or has no number and no charge."""
    if not any(character in text for character in "_^23456789") or "=" in text or len(text) > 120:
        return ""
    plain = re.sub(r"[\s{}]", "", _STYLE.sub("", text))
    return plain.replace("_", "").replace("^", "") if _CHEMICAL.fullmatch(plain) else ""


_RESIDUES = r"(?:\\pm\s*)?-?\d{1,30}(?:\s*(?:,|\band\b|\bor\b|,\s*(?:and|or)\b)\s*-?\d{1,30}){0,20}"
_CONGRUENCE = re.compile(
    rf"(?:\\?[A-Za-z]{{1,8}}\s*(?:\\equiv|=)\s*)?(?P<residues>{_RESIDUES})\s*"
    r"(?:\\pmod|\\bmod|\\mod|\(\s*\\?(?:b?mod)\b|\bmod\b)\s*\{?\s*(?P<modulus>\d{1,30})\s*\}?\s*\)?"
)
_OR = re.compile(r"\s*(?:;|,?\s*\b(?:or|and)\b)\s*(?=\\?[A-Za-z]{1,8}\s*\\equiv)")


def congruence(text: str) -> tuple[set[int], int] | None:
    r"""Return the least residues and the modulus of `x \equiv 12 \pmod 7`; None for another text.

    Residues may stand side by side: `1, 6 \pmod 7`, `\pm 1 \pmod 7` or `x \equiv 1 \pmod 7 or x \equiv 6 \pmod 7`.
    """
    if "mod" not in text or len(text) > _LONGEST:
        return None
    residues: set[int] = set()
    moduli = set()
    for part in _OR.split(text):
        match = _CONGRUENCE.fullmatch(part)
        if match is None or not int(match["modulus"]):
            return None
        modulus = int(match["modulus"])
        stated = {int(number) for number in re.findall(r"-?\d+", match["residues"])}
        if r"\pm" in match["residues"]:
            if len(stated) > 1:
                return None
            stated |= {-residue for residue in stated}
        residues |= {residue % modulus for residue in stated}
        moduli.add(modulus)
    return (residues, moduli.pop()) if len(moduli) == 1 else None


_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_WITHOUT_SEPARATORS = str.maketrans("", "", " ,;、")


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
