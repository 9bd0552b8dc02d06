"""Comparison of two answers in normal form under a policy: by shape first, then scalar by scalar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from factory.answers.comparison.guards import is_grouped_otherwise
from factory.answers.comparison.relations import Relations, has_relation
from factory.answers.comparison.scalars import Prover, Scalars, left_open
from factory.answers.comparison.shape import Kind, Shape, shape
from factory.answers.policy import AnswerPolicy
from factory.answers.values.dates import same_date
from factory.answers.values.match import Match, all_equal, equal_if
from factory.answers.values.notations import same_numbered, time_in_figures


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison under one policy and with one prover, applicable to any two shapes.

    `prove` is asked about scalars that exact rules leave open. `nested` is True for the items of a list, set or tuple:
    there, a set of one item is never taken for its item.
    """

    policy: AnswerPolicy
    prove: Prover = left_open
    nested: bool = False

    def same(self, gold: Shape, answer: Shape) -> Match:
        """Return whether two shapes are the same answer.

        The order of the rules matters: equal text decides at once, relations have rules of their own, and only shapes
        of the same kind are compared item by item.
        """
        if gold.text == answer.text:
            return Match.EQUAL
        if has_relation(gold, answer):
            return Relations(Scalars(self.policy, self.prove), self.same).same_relation(gold, answer)
        if Kind.OTHER in (gold.kind, answer.kind):
            return Match.UNCLEAR
        if {gold.kind, answer.kind} == {Kind.LIST, Kind.SCALAR} and (
            ("," in gold.text and "," in answer.text)
            or is_grouped_otherwise(gold.text)
            or is_grouped_otherwise(answer.text)
        ):
            # The comma is ambiguous: 81, 256 written as 81,256, or 1,00,000.
            return Match.UNCLEAR
        if gold.kind is answer.kind:
            return self._same_kind(gold, answer)
        return self._same_across_kinds(gold, answer)

    def _same_kind(self, gold: Shape, answer: Shape) -> Match:
        """Compare two shapes of the same kind that is neither a relation nor `OTHER`."""
        match gold.kind:
            case Kind.SCALAR:
                return Scalars(self.policy, self.prove).same(gold.text, answer.text)
            case Kind.WORDS:
                return equal_if(self.policy.case == "ignore" and gold.text.casefold() == answer.text.casefold())
            case Kind.LIST:
                if self.policy.list_order == "same":
                    return self._in_order(gold.items, answer.items)
                return self._in_any_order(gold.items, answer.items)
            case Kind.UNION:
                return self._in_any_order(gold.items, answer.items)
            case Kind.SET:
                return self._in_any_order(self._distinct(gold.items), self._distinct(answer.items))
            case Kind.TUPLE:
                if gold.marks != answer.marks and len(gold.items) > 2:
                    # Vectors are written with either kind of bracket, intervals are not.
                    return Match.UNCLEAR
                return all_equal([equal_if(gold.marks == answer.marks), self._in_order(gold.items, answer.items)])
            # The only kind left is a matrix.
            case _:
                return all_equal([equal_if(gold.marks == answer.marks), self._in_order(gold.items, answer.items)])

    def _same_across_kinds(self, gold: Shape, answer: Shape) -> Match:
        """Compare two shapes of different kinds, neither of them a relation."""
        kinds = {gold.kind, answer.kind}
        if kinds == {Kind.SET, Kind.LIST}:
            match = self._in_any_order(gold.items, answer.items)
            return match if self.policy.set_for_list == "accept" else Match.DIFFERENT
        if kinds == {Kind.SET, Kind.TUPLE}:
            if self.policy.set_for_tuple == "accept" and "()" in (gold.marks, answer.marks):
                return self._in_any_order(gold.items, answer.items)
            return Match.DIFFERENT
        if kinds == {Kind.SET, Kind.SCALAR} and self.policy.singleton_set == "accept":
            if self.nested or len(items := gold.items + answer.items) != 1 or items[0].text == r"\emptyset":
                return Match.DIFFERENT
            return self.same(gold.items[0], answer) if gold.items else self.same(gold, answer.items[0])
        if kinds <= {Kind.TUPLE, Kind.LIST, Kind.MATRIX} or (
            kinds == {Kind.WORDS, Kind.SCALAR} and _is_short(gold, answer)
        ):
            # Brackets may be forgotten, a vector written as a point, the product ab read as a word.
            return Match.UNCLEAR
        return Match.DIFFERENT

    def _distinct(self, items: Sequence[Shape]) -> list[Shape]:
        """Return the items without those that surely equal an earlier one."""
        kept: list[Shape] = []
        for item in items:
            if all(self.same(other, item) is not Match.EQUAL for other in kept):
                kept.append(item)
        return kept

    def _in_order(self, gold: Sequence[Shape], answer: Sequence[Shape]) -> Match:
        """Compare two sequences item by item; sequences of different lengths are different."""
        if len(gold) != len(answer):
            return Match.DIFFERENT
        inner = replace(self, nested=True)
        return all_equal(inner.same(left, right) for left, right in zip(gold, answer, strict=True))

    def _in_any_order(self, gold: Sequence[Shape], answer: Sequence[Shape]) -> Match:
        """Compare two collections whose order does not count.

        Items that are surely equal are paired off; what remains then decides.
        """
        if len(gold) != len(answer):
            return Match.DIFFERENT
        # An equal pair is taken out at once, so that each item of the answer is used once.
        remaining = list(answer)
        inner = replace(self, nested=True)
        worst = Match.EQUAL
        for item in gold:
            matches = []
            for position, other in enumerate(remaining):
                match = inner.same(item, other)
                matches.append(match)
                if match is Match.EQUAL:
                    del remaining[position]
                    break
            else:
                if all(match is Match.DIFFERENT for match in matches):
                    return Match.DIFFERENT
                worst = all_equal([worst, Match.UNCLEAR if Match.UNCLEAR in matches else Match.OPEN])
        return worst


def compare(gold: str, answer: str, policy: AnswerPolicy, prove: Prover = left_open) -> Match:
    """Return whether two answers in normal form are the same.

    Args:
      gold: the gold answer, from `normalise`.
      answer: the answer of the completion, from `normalise`.
      policy: what counts as the same where that is debatable.
      prove: asked about scalars that exact rules leave open; by default nobody is asked, and they stay `Match.OPEN`.

    Returns:
      The match. `UNCLEAR` must never become a label.
    """
    if policy.approximate_sign == "accept":
        answer = answer.removeprefix(r"\approx").strip()
    if (match := same_date(gold, answer) or same_numbered(gold, answer)) is not None:
        return match
    gold, answer = time_in_figures(gold), time_in_figures(answer)
    return Comparison(policy, prove).same(shape(gold), shape(answer))


def _is_short(gold: Shape, answer: Shape) -> bool:
    """Return whether one of the two texts has at most three characters: it may be a product of variables."""
    return min(len(gold.text), len(answer.text)) <= 3
