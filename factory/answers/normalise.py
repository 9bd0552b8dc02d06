"""Normal form of answers: one spelling for answers that read the same, in LaTeX, wrappers and spacing.

Characters beyond ASCII are mapped by `characters.py` and marks taken off by `wrappers.py` first.
"""

from __future__ import annotations

import re

from factory.answers.wrappers import unwrap

_PLAIN_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_NEEDS_REWRITING = re.compile(r"[\\~{}<>=\s]|[Ii]nf|[Nn]egative|[Mm]inus|[xX]10")
_STYLE = (
    r"\\(?:text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|mbox|hbox|emph|bm|boldsymbol|textnormal"
    r"|textup|rm|bf)\s*"
)
_TEXT_COMMAND = re.compile(_STYLE + r"\{((?:[^{}]|\{[^{}]{0,40}\}){0,400})\}")
# Around more than `_TEXT_COMMAND` opens, only the command goes: the braces change nothing.
_STYLE_COMMAND = re.compile(_STYLE + r"(?=\{)")
# Applied in this order: later rules rely on the spelling that earlier ones leave.
_REWRITES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\\\(?:\[[\w. ]{1,9}\])?", r" \\newline "),  # before "\ " can be taken for a space
        (r"\\(?:text)?color\s*\{[A-Za-z]{1,20}\}", ""),
        (r"\\(?:[dtcs]|nice)frac(?![A-Za-z])", r"\\frac"),
        (
            r"\\(?:left|right|middle|[bB]igg?[lr]?|(?:display|text)style|limits|[Hh]uge|large|Large|LARGE|small|tiny)(?![A-Za-z])",
            "",
        ),
        (r"\s*,\s*\\!\s*(?=\d{3})", ","),
        (r"\\!\s*", ""),
        (r"\\[,;: ]|\\q?quad(?![A-Za-z])|(?<!~)~(?!~)", " "),
        (r"\\sqrt\s?(\d)(?![\d.])", r"\\sqrt{\1}"),
        (r"\\dot\s*\{?\s*(\d)\s*\}?(?:(\d*)\\dot\s*\{?\s*(\d)\s*\}?)?", r"\\overline{\1\2\3}"),
        (r"\\lbrace(?![A-Za-z])", r"\\{"),
        (r"\\rbrace(?![A-Za-z])", r"\\}"),
        (r"\{([^{}]*)\\over(?![A-Za-z])([^{}]*)\}", r"\\frac{\1}{\2}"),
        (r"^([^{}]*)\\over(?![A-Za-z])([^{}]*)$", r"\\frac{\1}{\2}"),
        (r"\\(?:underline|bf|rm|it|tt|sf)(?![A-Za-z])", ""),
        (r"\\textdollar(?![A-Za-z])", "$"),
        (r"\\colon(?![A-Za-z])", ":"),
        (r"\^\s{0,3}\{?\s{0,3}\\prime\s{0,3}\\prime(?![A-Za-z])\s{0,3}\}?", "''"),
        (r"\^\s{0,3}(?:\{\s{0,3}\\prime\s{0,3}\}|\\prime(?![A-Za-z]))", "'"),
        (r"(?<=\d)\s{0,3}[xX]\s{0,3}(?=10\s{0,3}\^)", r"\\times "),
        (r"\{([^{}]*)\\choose(?![A-Za-z])([^{}]*)\}", r"\\binom{\1}{\2}"),
        (r"^([^{}]*)\\choose(?![A-Za-z])([^{}]*)$", r"\\binom{\1}{\2}"),
        (r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
        (r"(?:\\newline\s*)+$", ""),
        (r"^=(?!=)\s*", ""),
        (r"^\s*(?:[Nn]egative|[Mm]inus) (?=[\d.\\]|[Ii]nfinity\s*$)", "-"),
        (r"^\s*(?:[Pp]ositive|[Pp]lus) (?=[Ii]nfinity\s*$)", ""),
        (r"\\(?:infinity|infin)(?![A-Za-z])|(?<![A-Za-z\\])(?:[Ii]nfinity|inf)(?![A-Za-z])", r"\\infty "),
        (r"\\(?:varnothing|O)(?![A-Za-z])|\\\{\s*\\\}", r"\\emptyset "),
        (r"\\([%$#&])", r"\1"),
        (r"\^\s*(?:\{\s*\\(?:circ|degree)\s*\}|\\(?:circ|degree)(?![A-Za-z]))|\\degree(?![A-Za-z])", " degrees "),
        (r"\\(?:leq?(?:slant|q)?)(?![A-Za-z])|<=", r"\\le "),
        (r"\\(?:geq?(?:slant|q)?)(?![A-Za-z])|>=", r"\\ge "),
        (r"\s*\^\s*(?:\{\s*\\prime\s*\}|\\prime(?![A-Za-z]))", "'"),
        (r"\s*\^\s*\{\s*\\prime\s*\\prime\s*\}", "''"),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\neq?(?![A-Za-z])|(?<![\d)])!=|\\not\s*=", r"\\ne "),
        (r"\\(?:thickapprox|approxeq)(?![A-Za-z])", r"\\approx "),
        (r"\s+", " "),
        (r"(?<=\{) | (?=\})", ""),
    )
)


def normalise(answer: str) -> str:
    r"""Return the normal form in which two answers are compared.

    The answer is unwrapped, `\text{}` is opened, and each LaTeX command gets one spelling.
    """
    # Short cuts for most answers: plain numbers, and texts that no rule changes.
    if _PLAIN_NUMBER.fullmatch(answer):
        return answer
    answer = unwrap(answer)
    if "\\" not in answer and not _NEEDS_REWRITING.search(answer):
        return answer
    # One style may stand in another: \textbf{\text{A}}.
    for _ in range(2):
        answer = _TEXT_COMMAND.sub(r" \1 ", answer)
    answer = _STYLE_COMMAND.sub("", answer)
    for pattern, replacement in _REWRITES:
        answer = pattern.sub(replacement, answer)
    return unwrap(answer, raw=False)
