"""math-verify as its README shows it, as a checker: what `tools/checker_audit/audit.py --versus` compares with.

For measuring only. math-verify reads plain expressions with sympy's `parse_expr`, which executes what it reads: a run
uses `math_answer`. It gets what every checker gets here: a confined process, on its main thread, that can be killed.
"""

from __future__ import annotations

from dataclasses import dataclass

from factory.types import Outcome, Question, Verdict

NAME_VERSION = "bare_math_verify/1"


@dataclass
class Config:
    r"""Config. `boxed`: put the gold answer in \boxed{} first, which math-verify reads better than bare LaTeX."""

    boxed: bool = False


def check(question: Question, text: str, config: Config) -> Verdict:
    """Return the verdict of `verify(parse(gold), parse(text))`, with math-verify's own defaults throughout.

    May hang or exhaust memory.

    Args:
      question: question with the gold answer.
      text: completion to judge.
      config: config of this checker.
    """
    from math_verify import parse, verify

    gold = parse(rf"\boxed{{{question.gold}}}" if config.boxed else question.gold)
    answer = parse(text)
    if not answer:
        return Verdict(outcome=Outcome.UNPARSABLE, reason="math-verify finds nothing to parse")
    equal = verify(gold, answer)
    return Verdict(outcome=Outcome.CORRECT if equal else Outcome.INCORRECT, reason="compared by math-verify")


def preload() -> None:
    """Import math-verify and have it build its tables."""
    check(Question(text="", gold=r"$\sqrt{8}$"), r"$2\sqrt{2}$", Config())
