"""Tokens of a step as the reader of its equations sees them: prose, plain arithmetic and LaTeX alike.

Nothing is dropped that could change a number: what is not known is a token of kind OTHER, and ends an expression.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER, OPERATOR, OPEN, CLOSE, WORD, STOP, RELATION, EDGE, OTHER = (
    "number",
    "operator",
    "open",
    "close",
    "word",
    "stop",
    "relation",
    "edge",
    "other",
)
"""Kinds. EDGE is where mathematics begins or ends; STOP is punctuation; RELATION is =, ≈ and their like."""

_COMMANDS = {
    **dict.fromkeys((r"\times", r"\cdot", r"\ast", r"\bullet"), (OPERATOR, "*")),
    r"\div": (OPERATOR, "/"),
    **dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"), (OPERATOR, "frac")),
    r"\sqrt": (OPERATOR, "sqrt"),
    r"\boxed": (OPERATOR, "group"),
    **dict.fromkeys((r"\approx", r"\simeq", r"\sim"), (RELATION, "≈")),
    **dict.fromkeys((r"\(", r"\)", r"\[", r"\]", r"\begin", r"\end"), (EDGE, "")),
    "\\\\": (STOP, "\n"),
}
_SPACES = {
    r"\,",
    r"\;",
    r"\:",
    r"\!",
    r"\ ",
    r"\quad",
    r"\qquad",
    r"\left",
    r"\right",
    r"\displaystyle",
    r"\big",
    r"\Big",
}
_SIGNS = {
    **dict.fromkeys("+", "+"),
    **dict.fromkeys("-\u2212\u2013", "-"),
    **dict.fromkeys("*×·⋅∗", "*"),
    **dict.fromkeys("/÷∕", "/"),
    "^": "^",
    "%": "%",
    "!": "!",
}
_TOKEN = re.compile(
    r"""
      (?P<text>\\(?:text|mathrm|textbf|mathbf|textit)\s?\{[^{}]{0,80}\})
    | (?P<edge><<|>>)
    | (?P<command>\\(?:[A-Za-z]{1,20}|.))
    | (?P<number>\d{1,3}(?:,\d{3}){1,6}(?!\d)(?:\.\d{1,30})?|\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})
    | (?P<word>[^\W\d_]{1,40}(?:['’-][^\W\d_]{1,20}){0,3})
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# Where 17 = 2, no equation can be held against arithmetic.
_REMAINDERS = re.compile(r"\bmod(?:ulo)?\b|\\[pb]?mod|\\equiv|≡|\bcongruen", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """Piece of a step.

    * `text`: how it is spelled, an operator in one spelling for all. `glued`: nothing stands between it and the one
      before. `begin`, `end`: where it stands.
    """

    kind: str
    text: str
    begin: int
    end: int
    glued: bool = False


def tokens(step: str) -> list[Token]:
    """Return the tokens of a step, blanks left out; none of one that counts in remainders."""
    if _REMAINDERS.search(step):
        return []
    # In LaTeX a dollar sign begins and ends mathematics, in prose it is money.
    latex = bool(re.search(r"\\[A-Za-z]", step)) or "$$" in step
    read: list[Token] = []
    glued = False
    for match in _TOKEN.finditer(step):
        kind, text = _read(match, latex)
        if kind:
            read.append(Token(kind, text, match.start(), match.end(), glued))
        glued = bool(kind)
    return read


def _read(match: re.Match[str], latex: bool) -> tuple[str, str]:
    """Return kind and text of a token; no kind for what is only space."""
    text = match[0]
    if match["number"]:
        return NUMBER, text.replace(",", "")
    if match["word"]:
        return WORD, text.lower()
    if match["text"]:
        words = text[text.index("{") + 1 : -1].split()
        return (WORD, " ".join(words).lower()) if words else ("", "")
    if match["edge"]:
        return EDGE, ""
    if match["command"]:
        if text in _SPACES or text == r"\$":
            return "", ""
        return (OPERATOR, "%") if text == r"\%" else _COMMANDS.get(text, (OTHER, text))
    if text in _SIGNS:
        return OPERATOR, _SIGNS[text]
    if text in "([{":
        return OPEN, text
    if text in ")]}":
        return CLOSE, text
    if text in "=≈":
        return RELATION, text
    if text in ".,;:\n?":
        return STOP, text
    if text == "$":
        return (EDGE, "") if latex else ("", "")
    return ("", "") if text.isspace() or text in "&`" else (OTHER, text)
