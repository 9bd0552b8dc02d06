"""Plans: numbered lists that a model writes, read strictly; and the results of their parts, compared. Pure.

Model text is hostile: nothing of it is evaluated, and what is no list in the form asked for is no plan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from factory.rollouts.policy import Policy
from factory.text.wording import normalised

_ITEM = re.compile(r"(?a)[ \t]*(\d{1,2})[.)][ \t]+(\S.*)")
_NUMBER = re.compile(r"(?a)-?\d[\d,]{0,30}(?:\.\d{1,30})?(?:/\d{1,30})?")
MAX_PART_CHARS = 300


def parts_of(reply: str, most: int, *, cut_off: bool = False) -> tuple[str, ...]:
    """Return the parts of a plan, each as one line; none where `reply` is no plan.

    A plan begins with its first item; items are numbered 1, 2, 3, … without a gap, one line each. What stands behind
    the last of them is not read.

    Args:
      reply: what the model wrote.
      most: most parts of a plan: a longer list is none.
      cut_off: True where `reply` was cut off; an item that the cut may have gone through is left out.
    """
    parts: list[str] = []
    lines = [line for line in reply.split("\n") if line.strip()]
    for line in lines:
        item = _ITEM.fullmatch(line.rstrip())
        if item is None or int(item[1]) != len(parts) + 1:
            break
        parts.append(" ".join(item[2].split()))
    if cut_off and len(parts) == len(lines):
        parts = parts[:-1]
    fits = len(parts) <= most and all(len(part) <= MAX_PART_CHARS for part in parts)
    return tuple(parts) if fits else ()


def numbered(parts: Sequence[str]) -> str:
    """Return parts as a numbered list, one line each."""
    return "\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1))


def result_of(policy: Policy, text: str) -> str:
    """Return what a part's text comes to: the answer it states, else its last number, else its words."""
    numbers = _NUMBER.findall(text)
    return policy.answer(text) or (numbers[-1] if numbers else normalised(text))


def agreeing(policy: Policy, results: Sequence[str]) -> list[int]:
    """Return the places of the largest group of results that mean the same, the first of equally large ones."""
    groups: list[list[int]] = []
    for place, result in enumerate(results):
        group = next((those for those in groups if policy.same(results[those[0]], result)), None)
        if group is None:
            groups.append([place])
        else:
            group.append(place)
    return max(groups, key=len, default=[])
