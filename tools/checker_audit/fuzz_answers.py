"""Hostile and ordinary model outputs, made up by seed, for `tools/checker_audit/soak.py`.

Pure and seeded: output i of a seed is always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from factory.types import Outcome, Question

_FRAGMENTS = (
    r"\boxed{", "}", "{", r"\frac", r"\sqrt", "^", "_", "$", "$$", r"\(", r"\)", "####", "A:", "The answer is ",
    "</think>", "<think>", r"\text{", r"\left(", r"\right)", r"\begin{pmatrix}", r"\end{pmatrix}", "&", r"\\", "!",
    "%", "10^10^10", "1e999999999", "9" * 300, "(" * 60, "0." + "3" * 40 + "...", r"\pi", r"\infty", "x = ", "7 or 8",
    "> 5", r"\pm 3", "1,234", "1.234,5", " 1/2", r"\cup", "[0, 1)", r"\{1, 2\}", "i", "½", "²", "٣", "−", "\u200b",
    "\u202e", "\x00", "\x1b[31m", "\ud800", "\uffff", "é", "中", "\n", "\t", " ", " cm", " dollars",
    "__import__('os').system('touch pwned')", "exec(", "lambda: 0", "%s%n", "../../etc/passwd", "<script>",
    r"\input{/etc/passwd}", r"\def\x{\x\x}\x", r"\int_0^6 dx", r"\sum_{k=1}^{10^9} k", "2^{2^{2^{2^{2}}}}", "99999!",
    r"\binom{100000}{50000}", r"\tan(10^{3000})",
)  # fmt: skip
_GOLDS = (
    "7",
    "-3",
    r"\frac{1}{2}",
    "0.5",
    r"50\%",
    "x^2+1",
    "(1, 2)",
    r"\{1,2,3\}",
    r"\sqrt{8}",
    "B",
    r"\infty",
    "[0,1)",
    "5 cm",
)


@dataclass(frozen=True, slots=True)
class FuzzItem:
    """Item to check; `expected` is known for the ordinary ones, None for the noise."""

    question: Question
    text: str
    expected: Outcome | None


def items(n: int, seed: int, known: float = 0.2) -> Iterator[FuzzItem]:
    """Return made-up items; no two ordinary ones state the same answer.

    Args:
      n: how many.
      seed: seed of the items.
      known: share of ordinary ones.
    """
    for index in range(n):
        rng = Random(f"{seed}/{index}")
        if rng.random() < known:
            yield _ordinary(index, rng)
        else:
            yield FuzzItem(Question(text="", gold=rng.choice(_GOLDS)), _noise(rng), None)


def _ordinary(index: int, rng: Random) -> FuzzItem:
    right = rng.random() < 0.5
    # Ends in 7: never a square, so the root stays one.
    value = 10 * index + 7
    other = value if right else value + 10
    make: Callable[[int, int], tuple[str, str]] = rng.choice((_number, _root))
    gold, answer = make(value, other)
    return FuzzItem(
        Question(text="", gold=gold), f"So \\boxed{{{answer}}}.", Outcome.CORRECT if right else Outcome.INCORRECT
    )


def _number(value: int, other: int) -> tuple[str, str]:
    return str(value), f"{other:,}"


def _root(value: int, other: int) -> tuple[str, str]:
    return rf"\sqrt{{{4 * value}}}", rf"2\sqrt{{{other}}}"


def _noise(rng: Random) -> str:
    pieces = [rng.choice(_FRAGMENTS) for _ in range(rng.randint(1, 12))]
    for _ in range(rng.randint(0, 6)):
        pieces.insert(rng.randrange(len(pieces) + 1), str(rng.randint(-20, 20)))
    text = "".join(pieces)
    return rf"\boxed{{{text}}}" if rng.random() < 0.5 else text
