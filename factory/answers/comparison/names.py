r"""Names of quantities: what may stand in front of an equals sign without being an equation in unknowns.

`\bar{x}`, `P(X>2)`, `|\vec{u}|`, `\sin\theta`, `\angle ABC` and `\lim_{x\to 0} f(x)` name one value each; `x+y`, `x^2`
and `x(x-1)` do not: an equation that begins with those has still to be solved.
"""

from __future__ import annotations

import re
from functools import lru_cache

from factory.answers.comparison.latex_tokens import GREEK

# Parts that names are put together of. Runs are bounded, as the text is a model's.
_GREEK = rf"\\(?:{'|'.join(sorted(name[1:] for name in GREEK))})(?![A-Za-z])"


def _braced(inner: str) -> str:
    """Return the pattern of something in braces."""
    return rf"\{{\s*(?:{inner})\s*\}}"


_SYMBOL = rf"(?:[A-Za-z]|{_GREEK})"
_ACCENT = r"\\(?:bar|hat|tilde|vec|overline|widehat|dot|ddot|mathbf|mathcal|overrightarrow)"
_ACCENTED = rf"{_ACCENT}\s*(?:{_braced(_SYMBOL + '|[A-Z]{2}')}|{_SYMBOL})"
_INDEX = r"(?:\s*_\s*(?:\w|\\[a-z]{2,8}|\{[^{}=<>]{1,40}\}))"
_BASE = rf"(?:\\Delta\s*)?(?:{_ACCENTED}|{_SYMBOL})'{{0,3}}{_INDEX}?'{{0,3}}"
_TUPLE_OF_NAMES = rf"\(\s*{_BASE}(?:\s*,\s*{_BASE}){{1,5}}\s*\)"
_IN_ROUND = r"\((?:[^()]|\([^()]{0,40}\)){1,60}\)"
_IN_SQUARE = r"\[[^\[\]]{1,60}\]"
_SUPERSCRIPT = rf"(?:\s*\^\s*{_braced('-1|[(][a-z0-9][)]')})"
_SQUARED = rf"\s*\^\s*(?:2|{_braced('2')})"
_POINTS = r"[A-Z]'{0,2}[A-Z]'{0,2}"
_AREA = r"\[\s*(?:\\triangle\s*)?(?:[A-Z]'{0,2}){3,6}\s*\]"
_SEGMENT = rf"(?:{_POINTS}|\\overline\s*{_braced('[A-Z]{2}')}|{_AREA}|\|\s*[A-Z]{{2}}\s*\|)"
_GREEK_ANGLE = r"\\(?:theta|alpha|beta|gamma|delta|phi|varphi|omega)(?![A-Za-z])"
_ANGLE = (
    rf"(?:\d\s*)?(?:{_GREEK_ANGLE}|\\angle\s*[A-Z]{{1,3}}|[A-Z]{{1,3}}"
    rf"|\\frac\s*{_braced(_GREEK_ANGLE + '|[A-Z]')}\s*\{{?\s*\d\s*\}}?)"
)
_OPERATOR = (
    rf"(?:\\(?:det|gcd|dim|deg|Pr|max|min|sup)(?![A-Za-z])|\\operatorname\*?\s*{_braced('[A-Za-z ]{1,12}')}"
    r"|\\mathbb\s*\{?\s*[EPV]\s*\}?|\b(?:Var|Cov|Corr|SD|Pr|MSE|det|tr|rank|dim|deg|lcm|gcd|max|min|[Aa]rea|[Vv]ol"
    r"|[Vv]olume|[Pp]erimeter|mean|median|mode)\b)"
)
_OPERAND = rf"(?:{_IN_ROUND}|{_IN_SQUARE}|[A-Zf](?![A-Za-z])(?:\s*\(\w\))?)"
_ORDER = r"(?:\s*\^\s*\{?\s*\d\s*\}?)?"  # of a derivative
_BAR = r"(?:\||\\lvert|\\rvert)"
_NORM = r"(?:\\\||\\lVert|\\rVert|\|\|)"

# Examples of each kind of name, with ` ~ ` between, and the pattern of that kind.
NAMES: dict[str, str] = {
    # Letters and functions.
    r"x ~ a_{10} ~ \bar{x} ~ \Delta t ~ y''": _BASE,
    # Letters that are seldom functions are names with letters only: n(3) may be three times n.
    r"f(2) ~ S_n(-1) ~ f^{-1}(3) ~ \hat{y}(1, 2) ~ \varphi(\infty)": (
        rf"(?:[A-Zad-hp-wy]|{_ACCENTED}|{_GREEK})'{{0,3}}{_INDEX}?{_SUPERSCRIPT}?"
        r"\s*\(\s*-?(?:\w{1,9}|\\infty)(?:\s*,\s*-?\w{1,9}){0,4}\s*\)"
    ),
    r"n(k) ~ c_1(x, y)": rf"[A-Za-z]{_INDEX}?\s*\(\s*[A-Za-z](?:\s*,\s*[A-Za-z]){{0,3}}\s*\)",
    r"P(X > 2) ~ f(g(2)) ~ f''(\frac12)": rf"[fghFGHPEQ]'{{0,3}}{_INDEX}?{_SUPERSCRIPT}?\s*{_IN_ROUND}",
    r"(f \circ g)(2) ~ (f + g)(x)": rf"\(\s*[fgh]\s*(?:\\circ|[+*/-]|\\cdot)?\s*[fgh]\s*\)\s*{_IN_ROUND}",
    r"\frac{dy}{dx} ~ \frac{d^2 y}{dx^2} ~ \frac{\partial f}{\partial x}": (
        rf"\\frac\s*\{{\s*(?:d|\\partial)\s*{_ORDER}\s*[A-Za-z]?\s*\}}\s*"
        rf"\{{\s*(?:d|\\partial)\s*[a-z]\s*{_ORDER}\s*\}}\s*(?:{_IN_ROUND}|[a-z]\s*\(\s*\w\s*\))?"
    ),
    # Statistics, sets and operators.
    r"D(2X) ~ V(X + Y)": rf"[DV]\s*\((?=[^()]{{0,40}}[XYZ]){_IN_ROUND[2:]}",
    r"E[X] ~ V[X]": rf"[EVP]\s*{_IN_SQUARE}",
    r"n(A \cup B) ~ #A": r"[nN#]\s*\(?\s*[A-Z]'?(?:\s*\\(?:cup|cap)\s*[A-Z]'?){0,3}\s*\)?",
    r"\det A ~ \operatorname{Var}(X) ~ \mathbb{E}[X] ~ lcm(4, 6) ~ \max f(x) ~ \min_{x} f": (
        rf"{_OPERATOR}(?:\s*_\s*(?:\w|\{{[^{{}}]{{1,40}}\}}))?\s*{_OPERAND}?"
    ),
    r"\sigma^2 ~ s_x^2 ~ R^2 ~ \chi^2": (
        rf"(?:\\hat\s*\{{?\s*\\sigma\s*\}}?|\\sigma|\\chi|[sSR]){_INDEX}?{_SQUARED}{_INDEX}?(?:\s*\(\s*\w\s*\))?"
    ),
    r"A^{-1} ~ A^T": rf"[A-Z]\s*\^\s*(?:{_braced('-1|T')}|T)",
    # Lengths, angles, areas.
    r"AB ~ A'B' ~ ABC": rf"{_POINTS}(?:[A-Z]'{{0,2}})?",
    r"\angle ABC ~ m\angle A ~ \angle 1 ~ \angle\alpha": (
        r"(?:m\s*)?\\(?:angle|measuredangle)\s*(?:\{?\s*[A-Z]{1,3}'?\s*\}?|\w|\\[a-z]{2,8})"
    ),
    r"\overline{AB} ~ \widehat{ABC} ~ m\overarc{AB}": (
        rf"(?:m\s*)?(?:\\(?:overline|widehat|overarc|overrightarrow)\s*{_braced('[A-Z]{2,3}')}"
        rf"|\\overset\s*\{{\s*\\frown\s*\}}\s*{_braced('[A-Z]{2,3}')})"
    ),
    r"[ABC] ~ [\triangle DEF] ~ \triangle ABC": rf"{_AREA}|\\triangle\s*[A-Z]{{3}}",
    r"|AB| ~ |\vec{u}| ~ |\overrightarrow{AB}|": (
        rf"{_BAR}\s*(?:[A-Z]{{2}}|[^|=<>]{{0,30}}\\(?:vec|overrightarrow|overline)[^|=<>]{{1,40}})\s*{_BAR}"
    ),
    r"\|u\| ~ ||v||": rf"{_NORM}[^|=<>]{{1,40}}{_NORM}",
    r"\sin\theta ~ \cos 2A ~ \tan\frac{\alpha}{2} ~ \sin^2 B ~ \cos(A + B)": (
        rf"\\(?:sin|cos|tan|cot|sec|csc)\s*(?:{_SQUARED})?\s*"
        rf"(?:{_ANGLE}|\(\s*{_ANGLE}(?:\s*[+-]\s*{_ANGLE})?\s*\))"
    ),
    r"\cos\langle \vec a, \vec b\rangle": r"\\(?:sin|cos|tan)\s*(?:\\langle|⟨|<)[^<>=⟨⟩]{1,80}(?:\\rangle|⟩|>)",
    r"\langle \vec a, \vec b\rangle": (
        r"(?:\\langle|⟨|<)[^<>=⟨⟩,]{0,30}\\(?:vec|overrightarrow)[^<>=⟨⟩]{1,60}(?:\\rangle|⟩|>)"
    ),
    # Ratios and points.
    r"\frac{AB}{CD} ~ \frac{[ABC]}{[DEF]}": rf"\\frac\s*{_braced(_SEGMENT)}\s*{_braced(_SEGMENT)}",
    r"\frac{S_1}{S_2} ~ \frac{V_{A}}{V_{B}}": (
        rf"\\frac\s*\{{\s*(?P<one>[A-Z]){_INDEX}\s*\}}\s*\{{\s*(?P=one){_INDEX}\s*\}}"
    ),
    r"AB:CD ~ AB/CD ~ AB : BC : CA": rf"{_SEGMENT}\s*[:/]\s*{_SEGMENT}(?:\s*:\s*{_SEGMENT})?",
    r"x:y ~ a : b : c ~ \sin A : \sin B": (
        rf"[a-z]\s*:\s*[a-z](?:\s*:\s*[a-z])?|\\sin\s*{_ANGLE}\s*:\s*\\sin\s*{_ANGLE}(?:\s*:\s*\\sin\s*{_ANGLE})?"
    ),
    r"(x, y) ~ (a_1, a_2, a_3)": _TUPLE_OF_NAMES,
}
_NAME = re.compile("|".join(f"(?:{name})" for name in NAMES.values()), re.ASCII)
_TUPLE = re.compile(_TUPLE_OF_NAMES, re.ASCII)
# One name that hides none of another: ignoring it cannot turn one question into another.
_SIMPLE = re.compile(
    rf"{_BASE}(?:\s*\(\s*[\w, -]{{1,20}}\s*\))?|[A-Z]{{2,3}}|[A-Za-z ]{{4,60}}|{_TUPLE.pattern}", re.ASCII
)
_WORD = re.compile(r"[A-Za-z ]{4,60}")
_CONSTANTS = frozenset([r"\pi", r"\infty", r"\emptyset", "e", "i"])

_WORDS = re.compile(r"(?:[A-Za-z][A-Za-z']{0,19} ){0,7}(?:\\triangle )?[A-Za-z][A-Za-z']{0,19}")
_SHORT_WORDS = frozenset(["sum", "max", "min", "avg", "age", "pH"])
_OTHER_WORDS = (
    "or and not no nor if mod than least most between either neither plus minus times over wrong false except half "
    "about incorrect divided multiplied squared cubed when at let given suppose assume where previous initial twice "
    "double triple thrice guess estimate maybe perhaps possibly approximate negative opposite reciprocal inverse "
    "logarithm log root bound rejected thirds quarters"
)
_NO_NAME_WORDS = frozenset(_OTHER_WORDS.split())
_PART_OR_POWER = re.compile(
    r"(?i)\b(?:square|cube|third|fourth|fifth|sixth|eighth|tenth|quarter|multiple|fraction) of\b"
)

_LIMIT = re.compile(
    r"\\lim\s*_\s*\{\s*(?P<bound>[A-Za-z])\s*\\(?:to|rightarrow)(?![A-Za-z])(?:[^{}]|\{[^{}]{0,30}\}){1,40}\}(?P<body>.*)"
)
_SUM = re.compile(
    r"\\(?:sum|prod)\s*_\s*\{\s*(?P<bound>[a-z])\s*=\s*-?\d+\s*\}\s*\^\s*(?:\{\s*(?:-?\d+|\\infty)\s*\}|\d)(?P<body>.*)"
)
_INTEGRAL = re.compile(r"\\int(?P<body>.*)d\s*(?P<bound>[a-z]|\\theta)\s*")
_SIGN = re.compile(r"=|\\approx(?![A-Za-z])")
_BODY_NOISE = re.compile(r"\\[A-Za-z]+|[A-Za-z]\s*_\s*\{?\s*[a-z]|[fghFGH]\s*\(")
_LETTER = re.compile(r"[A-Za-z]")


@lru_cache(maxsize=4096)
def is_quantity_name(text: str) -> bool:
    r"""Return whether a text names one value, so that an equals sign behind it assigns: x, f(2), P(X>2), (x, y)."""
    text = text.strip()
    if not text or len(text) > 120 or text in _CONSTANTS or text[0].isdigit():
        return False
    if _NAME.fullmatch(text):
        return not _holds_itself(text) and not _is_turned(text)
    if text.startswith((r"\lim", r"\sum", r"\prod", r"\int")):
        return _is_closed(text)
    words = text.split()
    return (
        _WORDS.fullmatch(text) is not None
        and not _NO_NAME_WORDS.intersection(word.lower() for word in words)
        and not _PART_OR_POWER.search(text)
        and (len(words) > 1 or len(text) > 3 or text in _SHORT_WORDS)
    )


def _holds_itself(text: str) -> bool:
    """Return whether a letter stands in the brackets behind itself: x(x-1) is a product."""
    letter, _, argument = text.partition("(")
    letter = letter.strip()
    return len(letter) == 1 and re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z(])", argument) is not None


def _is_turned(text: str) -> bool:
    """Return whether the letters of a ratio do not stand in alphabetic order: y:x is not what x:y is."""
    letters = [part.strip()[-1:] for part in text.split(":")] if ":" in text else []
    return any(len(part.strip()) == 1 for part in text.split(":")) and letters != sorted(letters)


def _is_closed(text: str) -> bool:
    """Return whether a limit, sum or integral has no variable but its own, so that it is one value."""
    match = _LIMIT.fullmatch(text) or _SUM.fullmatch(text) or _INTEGRAL.fullmatch(text)
    if match is None:
        return False
    return set(_LETTER.findall(_BODY_NOISE.sub(" ", match["body"]))) <= {match["bound"], "e"}


def names_of_tuple(text: str) -> list[str]:
    """Return the names of a tuple of names such as (x, y); none for another text."""
    return [plain_name(part) for part in text.strip()[1:-1].split(",")] if _TUPLE.fullmatch(text.strip()) else []


def plain_name(text: str) -> str:
    r"""Return a name in one spelling: m\angle A and \angle A, E[X] and \mathbb{E}(X), |AB| and AB are the same."""
    text = re.sub(r"\\(?:mathbb|operatorname|mathcal|lvert|rvert|measuredangle)(?![A-Za-z])", _spelling, text)
    text = re.sub(r"^m\s*(?=\\)", "", text.strip())
    text = text.replace("[", "(").replace("]", ")")
    text = re.sub(r"^(?:\||\\overline\s*\{)\s*([A-Z]{2})\s*(?:\||\})$", r"\1", text)
    return re.sub(r"[\s{}]", "", text)


def _spelling(match: re.Match[str]) -> str:
    """Return the spelling that stands for a command in `plain_name`."""
    return {r"\lvert": "|", r"\rvert": "|", r"\measuredangle": r"\angle"}.get(match.group(), "")


def may_be_ignored(one: str, other: str) -> bool:
    r"""Return whether two different names may be taken for names of the same value, as x and y; not f and f'.

    Two words say what the values are, and need not be the same: an area is no perimeter.
    """
    if _WORD.fullmatch(one) and _WORD.fullmatch(other) and one.casefold() != other.casefold():
        return False
    return one.count("'") == other.count("'") and all(_SIMPLE.fullmatch(name) for name in (one, other))


def without_name(text: str) -> str:
    """Return a text without the name in front of its first sign of equality, or behind its last; else as it is.

    Signs in brackets do not count, nor does a text that also has another relation or a comma outside of brackets.
    """
    signs, depth = [], 0
    for position, character in enumerate(text):
        if character in "({[":
            depth += 1
        elif character in ")}]":
            depth -= 1
        elif depth == 0 and (sign := _SIGN.match(text, position)):
            signs.append(sign)
    if signs and is_quantity_name(text[: signs[0].start()]):
        return text[signs[0].end() :].strip()
    if signs and is_quantity_name(text[signs[-1].end() :]):
        return text[: signs[-1].start()].strip()
    return text
