"""One spelling for answers that read the same: Unicode, LaTeX wrappers and spacing.

The Unicode map is explicit. NFKC would turn 4² into 42 and ½ into 1⁄2 glued to the digit before it.
"""

from __future__ import annotations

import re

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_VULGAR_FRACTIONS = {
    "½": "12", "⅓": "13", "⅔": "23", "¼": "14", "¾": "34", "⅕": "15", "⅖": "25", "⅗": "35", "⅘": "45",
    "⅙": "16", "⅚": "56", "⅛": "18", "⅜": "38", "⅝": "58", "⅞": "78",
}  # fmt: skip
_CHARACTERS: dict[int, str] = {
    **{ord(c): "-" for c in "−–—‐‑﹣"},
    **{ord(c): " " for c in "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\n\r"},
    **{ord(c): "" for c in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"},
    **{ord(c): r"\times " for c in "×✕"},
    **{ord(c): r"\cdot " for c in "·⋅∙"},
    **{ord(c): "/" for c in "÷⁄∕"},
    **{0xFF01 + i: chr(0x21 + i) for i in range(94)},  # full-width forms of ASCII
    **{0x0660 + i: str(i) for i in range(10)},  # Arabic-Indic digits
    **{0x06F0 + i: str(i) for i in range(10)},
    **{ord(c): rf"\frac{{{digits[0]}}}{{{digits[1]}}}" for c, digits in _VULGAR_FRACTIONS.items()},
    ord("π"): r"\pi ", ord("√"): r"\sqrt ", ord("∞"): r"\infty ", ord("°"): r"^\circ ", ord("∪"): r"\cup ",
    ord("≤"): r"\le ", ord("≥"): r"\ge ", ord("≠"): r"\ne ", ord("≈"): r"\approx ", ord("±"): r"\pm ",
    ord("∈"): r"\in ", ord("…"): r"\ldots ", ord("‘"): "'", ord("’"): "'", ord("“"): '"', ord("”"): '"',
}  # fmt: skip
_SUPERSCRIPT_RUN = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_SUBSCRIPT_RUN = re.compile(f"[{''.join(_SUBSCRIPTS)}]+")
_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"), ('"', '"'))
_CLOSING_PUNCTUATION = re.compile(r"(?<![\\.])[.,;]\s*$")
_TEXT_COMMAND = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|mbox|hbox|rm|bf)\s*\{([^{}]*)\}"
)
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        (r"\\(?:left|right|bigl?|bigr|displaystyle|textstyle)(?![A-Za-z])", ""),
        (r"\\!\s*", ""),
        (r"\\[,;: ]|\\q?quad(?![A-Za-z])|~", " "),
        (r"\{,\}", ","),
        (r"\\([%$#&])", r"\1"),
        (r"\^\s*\{?\s*\\(?:circ|degree)\s*\}?|\\degree(?![A-Za-z])", " degrees"),
        (r"\\leq?(?![A-Za-z])|<=", r"\\le "),
        (r"\\geq?(?![A-Za-z])|>=", r"\\ge "),
        (r"\s+", " "),
        (r"(?<=\{) | (?=\})", ""),
    )
)


def unwrap(answer: str) -> str:
    """`answer` with Unicode mapped to ASCII and LaTeX, and without `$..$`, `**..**` or a closing period around it."""
    answer = _SUPERSCRIPT_RUN.sub(lambda m: "^{" + "".join(_SUPERSCRIPTS[c] for c in m.group()) + "}", answer)
    answer = _SUBSCRIPT_RUN.sub(lambda m: "_{" + "".join(_SUBSCRIPTS[c] for c in m.group()) + "}", answer)
    answer = answer.translate(_CHARACTERS).strip()
    before = None
    while answer != before:
        before = answer
        answer = _CLOSING_PUNCTUATION.sub("", answer).strip()
        for opening, closing in _WRAPPERS:
            inner = answer[len(opening) : -len(closing)]
            whole = answer.startswith(opening) and answer.endswith(closing) and bool(inner)
            if whole and opening not in inner and not inner.endswith("\\"):
                answer = inner.strip()
    return answer


def normalise(answer: str) -> str:
    """The normal form two answers are compared in: `unwrap`ped, `\\text{}` opened, one spelling per LaTeX command."""
    answer = unwrap(answer)
    for _ in range(2):  # \textbf{\text{A}}
        answer = _TEXT_COMMAND.sub(r" \1 ", answer)
    for pattern, replacement in _REWRITES:
        answer = pattern.sub(replacement, answer)
    return unwrap(answer)
