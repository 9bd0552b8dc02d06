"""Which of a question's solutions are exported, over all records of it: of equal texts one, then caps and balance.

Equal are texts that `factory.text.wording.trimmed` makes one: but for white space at the ends of lines and around the
whole. Anything more may be the difference between right and wrong: a program's indentation, the case of a name, 10⁵ and
105. Of equal ones the one stays that says most: a judged one before one that is not, then the one with most labels.

Every format draws for itself, from the solutions that it can use: four solutions a question are four right ones for a
format of right ones. Whom a cap takes is a hash of the seed and the text: it hangs on no order, and a larger cap takes
the same ones and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

EQUAL_TEXT, OVER_CAP, UNBALANCED = "same text as another", "over the cap per question", "not needed for balance"
ALL = 2**32 - 1
Place = tuple[int, int]
"""The number of a record in the input, and of a solution in it."""


def _every(solution: Mapping[str, Any]) -> bool:
    return True


class FormatSelector(NamedTuple):
    """A format as one that draws. `mask`: its bit. `uses`: whether it can use a solution. `only_right`: it uses right
    ones alone, so that there is nothing to balance."""

    name: str = ""
    mask: int = ALL
    uses: Callable[[Mapping[str, Any]], bool] = _every
    only_right: bool = False


class ExportCandidate(NamedTuple):
    """A solution that passed by itself; all numbers, so that millions of them fit in arrays.

    `record`, `number`: its place. `rank`: a hash that decides whom a cap takes. `text`: a 64-bit hash of its text, 0
    for one that may repeat another. `right`: 1, 0 for a wrong one, -1 for neither. `known`: how many of its steps have
    a label that counts. `uses`: the masks of the formats that can use it.
    """

    record: int
    number: int
    rank: int
    text: int
    right: int
    known: int
    uses: int

    @property
    def place(self) -> Place:
        return self.record, self.number


class DropReason(NamedTuple):
    """For which formats (masks) a solution is dropped, and why."""

    equal: int = 0
    over: int = 0
    unbalanced: int = 0

    def why(self, mask: int) -> str | None:
        """Why it is dropped for the format of that mask; None where it is not."""
        if self.equal & mask:
            return EQUAL_TEXT
        if self.over & mask:
            return OVER_CAP
        return UNBALANCED if self.unbalanced & mask else None


def losses(
    found: Iterable[ExportCandidate], cap: int, balance: bool, selectors: Sequence[FormatSelector]
) -> dict[Place, DropReason]:
    """Of all candidates of one question those that are dropped for some format. `cap` 0: there is none."""
    lost: dict[Place, DropReason] = {}
    first: dict[int, ExportCandidate] = {}
    left: list[ExportCandidate] = []
    for one in sorted(found, key=lambda one: (one.right < 0, -one.known, one.place)):
        if one.text and first.setdefault(one.text, one) is not one:
            lost[one.place] = DropReason(equal=ALL)
        else:
            left.append(one)
    if not cap and not balance:
        return lost
    left.sort(key=lambda one: (one.rank, one.place))
    for selector in selectors:
        mine = [one for one in left if one.uses & selector.mask]
        for one, why in _not_drawn(mine, cap, balance and not selector.only_right):
            before = lost.get(one.place, DropReason())
            lost[one.place] = (
                before._replace(over=before.over | selector.mask)
                if why == OVER_CAP
                else before._replace(unbalanced=before.unbalanced | selector.mask)
            )
    return lost


def _not_drawn(ranked: Sequence[ExportCandidate], cap: int, balance: bool) -> Iterator[tuple[ExportCandidate, str]]:
    if not balance:
        yield from ((one, OVER_CAP) for one in ranked[cap or len(ranked) :])
        return
    right = [one for one in ranked if one.right == 1]
    wrong = [one for one in ranked if one.right == 0]
    each = min(len(right), len(wrong))
    drawn = min(each, cap // 2) if cap else each
    yield from ((one, UNBALANCED) for one in ranked if one.right == -1)
    for kind in (right, wrong):
        yield from ((one, UNBALANCED) for one in kind[each:])
        yield from ((one, OVER_CAP) for one in kind[drawn:each])
