"""Choice among a question's solutions, over all records of it: one of equal texts, then caps and balance.

* Texts are equal when `factory.text.wording.trimmed` makes them one: they differ only in white space at the ends of
  lines and around the whole. Anything more may be the difference between right and wrong: a program's indentation, the
  case of a name, 10⁵ and 105.
* Of equal texts the one with most information is exported: judged ones first, then the one with most labels.
* Each format chooses for itself, among the solutions that it can use. So four solutions per question are four right
  ones for a format of right solutions.
* A hash of the seed and the text decides which solutions a cap takes. It does not depend on any order, and a larger cap
  takes the same solutions and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# Reasons for not exporting a solution, as the last lines of an export show them.
EQUAL_TEXT, OVER_CAP, UNBALANCED = "same text as another", "over the cap per question", "not needed for balance"
ALL = 2**32 - 1  # mask of all formats
Place = tuple[int, int]
"""Place of a solution: number of its record in the input, number of the solution in it."""


def _every(solution: Mapping[str, Any]) -> bool:
    return True


class FormatSelector(NamedTuple):
    """Format, as far as choosing needs it.

    * `name`: its name. `mask`: its bit in the masks below.
    * `uses`: returns True for a solution that the format can use.
    * `only_right`: the format uses right solutions only, so there is nothing to balance.
    """

    name: str = ""
    mask: int = ALL
    uses: Callable[[Mapping[str, Any]], bool] = _every
    only_right: bool = False


class ExportCandidate(NamedTuple):
    """Solution that passed the filter by itself; all fields are numbers, so that millions of them fit in arrays.

    * `record`, `number`: its place.
    * `rank`: hash that decides which solutions a cap takes, lowest first.
    * `text`: 64-bit hash of its text; 0 for a solution that may repeat another's text.
    * `right`: 1 for a right solution, 0 for a wrong one, -1 for neither.
    * `known`: how many of its steps have a label that counts.
    * `uses`: sum of the masks of the formats that can use it.
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
        """Place of the solution."""
        return self.record, self.number


class DropReason(NamedTuple):
    """Reasons why a solution is dropped, each with the formats (as a mask) that it is dropped for.

    `equal`: another solution has the same text. `over`: it is over the cap. `unbalanced`: balance does not need it.
    """

    equal: int = 0
    over: int = 0
    unbalanced: int = 0

    def why(self, mask: int) -> str | None:
        """Return the reason why it is dropped for the format with this mask; None when it is exported."""
        if self.equal & mask:
            return EQUAL_TEXT
        if self.over & mask:
            return OVER_CAP
        return UNBALANCED if self.unbalanced & mask else None


def drop_reasons(
    candidates: Iterable[ExportCandidate], cap: int, balance: bool, selectors: Sequence[FormatSelector]
) -> dict[Place, DropReason]:
    """Choose among the candidates of one question, and return those that are dropped for some format.

    Args:
      candidates: all candidates of the question, over all of its records.
      cap: most solutions per question and format; 0 for no cap.
      balance: take as many right as wrong solutions, and no others.
      selectors: formats that are exported.

    Returns:
      Reasons by place; a solution that is not in there is exported in every format that can use it.
    """
    # Of equal texts keep the one with most information, whatever the format.
    lost: dict[Place, DropReason] = {}
    first: dict[int, ExportCandidate] = {}
    left: list[ExportCandidate] = []
    for one in sorted(candidates, key=lambda one: (one.right < 0, -one.known, one.place)):
        if one.text and first.setdefault(one.text, one) is not one:
            lost[one.place] = DropReason(equal=ALL)
        else:
            left.append(one)
    if not cap and not balance:
        return lost
    # Caps and balance, format by format.
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
    """Yield the candidates that a cap and balance leave out, each with the reason. `ranked`: those of one format."""
    if not balance:
        yield from ((one, OVER_CAP) for one in ranked[cap or len(ranked) :])
        return
    right = [one for one in ranked if one.right == 1]
    wrong = [one for one in ranked if one.right == 0]
    # A cap is shared by right and wrong solutions, half of it each, rounded down.
    each = min(len(right), len(wrong))
    drawn = min(each, cap // 2) if cap else each
    yield from ((one, UNBALANCED) for one in ranked if one.right == -1)
    for kind in (right, wrong):
        yield from ((one, UNBALANCED) for one in kind[each:])
        yield from ((one, OVER_CAP) for one in kind[drawn:each])
