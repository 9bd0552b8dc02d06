"""Characters beyond ASCII, and what they are in ASCII and LaTeX.

The map is explicit. NFKC would turn 4² into 42 and ½ into 1⁄2 glued to the digit before it.
"""

from __future__ import annotations

import re
import unicodedata

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ", "0123456789+-()nix", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢₓₖ", "0123456789+-()nixk", strict=True))
_VULGAR_FRACTIONS = {
    "½": "1 2", "⅓": "1 3", "⅔": "2 3", "¼": "1 4", "¾": "3 4", "⅕": "1 5", "⅖": "2 5", "⅗": "3 5", "⅘": "4 5",
    "⅙": "1 6", "⅚": "5 6", "⅐": "1 7", "⅛": "1 8", "⅜": "3 8", "⅝": "5 8", "⅞": "7 8", "⅑": "1 9", "⅒": "1 10",
    "↉": "0 3",
}  # fmt: skip
_SQUARED_UNITS = {
    "㎜": "mm", "㎝": "cm", "㎞": "km", "㎟": "mm^2", "㎠": "cm^2", "㎡": "m^2", "㎢": "km^2", "㎣": "mm^3",
    "㎤": "cm^3", "㎥": "m^3", "㎎": "mg", "㎏": "kg", "㎖": "mL",
}  # fmt: skip
# The last digit that Unicode knows lies below this.
_LAST_DIGIT = 0x1FBFA
_CHARACTERS: dict[int, str] = {
    # Digits of all scripts, bold and monospace ones with them.
    **{code: str(unicodedata.decimal(chr(code))) for code in range(0x80, _LAST_DIGIT) if chr(code).isdecimal()},
    **{ord(c): "-" for c in "−–—‐‑﹣"},
    **{ord(c): " " for c in "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\n\r"},
    **{ord(c): "" for c in "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u200e\u200f\ufe0e\ufe0f"},
    **{ord(c): r"\times " for c in "×✕⨯"},
    **{ord(c): "" for c in "✓✔✅☑🎉🎊😊🙂😀😃😄👍🌟⭐✨🥳🎯🙌💪😎🚀"},
    **{ord(c): r"\cdot " for c in "·⋅∙"},
    **{ord(c): "/" for c in "÷⁄∕"},
    **{0xFF01 + i: chr(0x21 + i) for i in range(94)},  # full-width forms of ASCII
    **{ord(c): r"\frac{{{}}}{{{}}}".format(*parts.split()) for c, parts in _VULGAR_FRACTIONS.items()},
    **{ord(c): " " + name for c, name in _SQUARED_UNITS.items()},
    ord("⅟"): "1/", ord("、"): ",", ord("٫"): ".", ord("٬"): ",", ord("،"): ",", ord("؛"): ";", ord("٪"): "%",
    ord("﹪"): "%", ord("﹩"): "$", ord("￠"): "¢", ord("￡"): "£", ord("￥"): "¥", ord("￦"): "₩", ord("∶"): ":",
    ord("π"): r"\pi ", ord("√"): r"\sqrt ", ord("∞"): r"\infty ", ord("°"): r"^\circ ", ord("∪"): r"\cup ",
    ord("℃"): r"^\circ C", ord("℉"): r"^\circ F", ord("\u212a"): "K", ord("˚"): r"^\circ ", ord("º"): r"^\circ ",
    ord("≤"): r"\le ", ord("≥"): r"\ge ", ord("≠"): r"\ne ", ord("≈"): r"\approx ", ord("±"): r"\pm ",
    ord("⩽"): r"\le ", ord("⩾"): r"\ge ", ord("≦"): r"\le ", ord("≧"): r"\ge ", ord("∓"): r"\mp ",
    ord("∈"): r"\in ", ord("≡"): r"\equiv ", ord("…"): r"\ldots ", ord("∅"): r"\emptyset ", ord("∩"): r"\cap ",
    ord("α"): r"\alpha ", ord("β"): r"\beta ", ord("γ"): r"\gamma ", ord("δ"): r"\delta ", ord("ε"): r"\epsilon ",
    ord("θ"): r"\theta ", ord("λ"): r"\lambda ", ord("μ"): r"\mu ", ord("ρ"): r"\rho ", ord("σ"): r"\sigma ",
    ord("τ"): r"\tau ", ord("φ"): r"\phi ", ord("ω"): r"\omega ", ord("µ"): r"\mu ",
    ord("′"): "'", ord("‘"): "'", ord("’"): "'", ord("“"): '"', ord("”"): '"', ord("″"): "''",
}  # fmt: skip
_ASCII_SPACES = str.maketrans("\t\n\r", "   ")
_SUPERSCRIPT_RUN = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_SUBSCRIPT_RUN = re.compile(f"[{''.join(_SUBSCRIPTS)}]+")
# ¹⁄₂ is a fraction, and ³√8 a root with its index.
_SMALL_FRACTION = re.compile(r"([⁰¹²³⁴-⁹]{1,9})[⁄/∕]([₀-₉]{1,9})")
_MICRO = re.compile(r"(?<=\d)\s?[µμ]([mg])(?![A-Za-z])")
_ROOT_INDEXES = {"∛": "3", "∜": "4"}
_ROOT = re.compile(
    r"(?P<index>(?<![\w)}\]])[⁰¹²³⁴-⁹]{1,2}(?=√))?(?P<sign>[√∛∜])\s{0,3}(?P<number>\d{1,40}(?:\.\d{1,40})?)?"
)


def in_latex(text: str) -> str:
    r"""Return a text in ASCII and LaTeX, as far as its characters are known: 2√13 as `2\sqrt{13}`, 4² as `4^{2}`."""
    if text.isascii():
        # Most answers are.
        return text.translate(_ASCII_SPACES) if not text.isprintable() else text
    text = _SMALL_FRACTION.sub(lambda m: rf"\frac{{{_plain(m[1])}}}{{{_plain(m[2])}}}", text)
    text = _ROOT.sub(_root, text)
    text = _MICRO.sub(lambda m: " micrometers" if m[1] == "m" else " micrograms", text)
    text = _SUPERSCRIPT_RUN.sub(lambda m: "^{" + _plain(m.group()) + "}", text)
    text = _SUBSCRIPT_RUN.sub(lambda m: "_{" + _plain(m.group()) + "}", text)
    return text.translate(_CHARACTERS)


def _plain(small: str) -> str:
    """Return raised or lowered characters on the line."""
    return "".join(_SUPERSCRIPTS.get(character) or _SUBSCRIPTS[character] for character in small)


def _root(match: re.Match[str]) -> str:
    r"""Return a sign of a root in LaTeX, with the number directly behind it: √13/2 is `\sqrt{13}/2`."""
    index = _plain(match["index"]) if match["index"] else _ROOT_INDEXES.get(match["sign"], "")
    sign = rf"\sqrt[{index}]" if index else r"\sqrt"
    return f"{sign}{{{match['number']}}}" if match["number"] else sign + " "
