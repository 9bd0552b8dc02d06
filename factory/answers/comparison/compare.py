"""Comparison of two answers in normal form under a policy: by shape first, then scalar by scalar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from factory.answers.comparison.guards import has_words, is_grouped_otherwise
from factory.answers.comparison.intervals import as_union
from factory.answers.comparison.relations import Relations, has_relation
from factory.answers.comparison.scalars import Prover, Scalars, left_open
from factory.answers.comparison.shape import DOTS, WITHOUT, Kind, Shape, shape
from factory.answers.comparison.spellings import without_arrows
from factory.answers.comparison.unions import same_exact_set, simplified
from factory.answers.comparison.vectors import as_vector, transposed, without_label
from factory.answers.policy import AnswerPolicy
from factory.answers.values.dates import same_date
from factory.answers.values.match import Match, all_equal, equal_if
from factory.answers.values.notations import same_numbered, time_in_figures
from factory.answers.wording.parameters import without_parameters


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
        gold, answer = transposed(gold), transposed(answer)
        if has_relation(gold, answer):
            return Relations(Scalars(self.policy, self.prove), self.same).same_relation(gold, answer)
        if Kind.OTHER in (gold.kind, answer.kind):
            return Match.UNCLEAR
        if any(item.text == DOTS for item in gold.items + answer.items):
            # Lists that leave items out are the same where they are written alike.
            is_list = {gold.kind, answer.kind} <= {Kind.LIST, Kind.SET}
            is_same = is_list and self._in_order(gold.items, answer.items) is Match.EQUAL
            return Match.EQUAL if is_same else Match.UNCLEAR
        if Kind.UNION in (gold.kind, answer.kind):
            return self._same_unions(as_union(gold), as_union(answer))
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
                if _has_decimal_commas(gold) != _has_decimal_commas(answer):
                    return Match.UNCLEAR
                if self.policy.list_order == "same":
                    return self._in_order(gold.items, answer.items)
                return self._in_any_order(gold.items, answer.items)
            case Kind.SET:
                return self._in_any_order(self._distinct(gold.items), self._distinct(answer.items))
            case Kind.TUPLE:
                return self._same_tuples(gold, answer)
            # The only kind left is a matrix.
            case _:
                return all_equal([equal_if(gold.marks == answer.marks), self._in_order(gold.items, answer.items)])

    def _same_tuples(self, gold: Shape, answer: Shape) -> Match:
        """Compare two tuples, intervals or vectors. Brackets decide between intervals, and may differ for vectors."""
        items = self._in_order(gold.items, answer.items)
        if gold.marks == answer.marks or {gold.marks, answer.marks} == {"()", "⟨⟩"}:
            return Match.UNCLEAR if _has_decimal_commas(gold) != _has_decimal_commas(answer) else items
        if "⟨⟩" in (gold.marks, answer.marks):
            return Match.DIFFERENT if items is Match.DIFFERENT else Match.UNCLEAR
        if len(gold.items) > 2 or (
            r"\infty" in answer.text and items is not Match.DIFFERENT and _is_sloppy(gold, answer)
        ):
            return Match.UNCLEAR
        return Match.DIFFERENT

    def _same_unions(self, gold: Shape, answer: Shape) -> Match:
        """Compare where at least one side is a union of intervals and sets, or a set without some points."""
        if (match := same_exact_set(gold, answer)) is not None:
            return match
        gold, answer = simplified(gold), simplified(answer)
        if Kind.UNION not in (gold.kind, answer.kind):
            return self.same(gold, answer)
        if gold.kind is not answer.kind:
            # Intervals side by side may be meant as their union.
            is_clear = {gold.kind, answer.kind} <= {Kind.UNION, Kind.TUPLE, Kind.SET, Kind.SCALAR, Kind.WORDS}
            return Match.DIFFERENT if is_clear and WITHOUT not in (gold.marks, answer.marks) else Match.UNCLEAR
        if gold.marks != answer.marks:
            return Match.UNCLEAR
        if gold.marks == WITHOUT:
            whole = replace(self, nested=True).same(gold.items[0], answer.items[0])
            return all_equal([whole, self._in_any_order(gold.items[1:], answer.items[1:])])
        return self._in_any_order(gold.items, answer.items)

    def _same_across_kinds(self, gold: Shape, answer: Shape) -> Match:
        """Compare two shapes of different kinds, neither of them a relation."""
        kinds = {gold.kind, answer.kind}
        if kinds == {Kind.SET, Kind.LIST}:
            match = self._in_any_order(gold.items, answer.items)
            return match if self.policy.set_for_list == "accept" else Match.DIFFERENT
        if Kind.SET in kinds and (as_item := self._same_as_only_item(gold, answer)) is not None:
            return as_item
        if kinds == {Kind.SET, Kind.TUPLE}:
            if self.policy.set_for_tuple == "accept" and "()" in (gold.marks, answer.marks):
                return self._in_any_order(gold.items, answer.items)
            return Match.DIFFERENT
        if kinds == {Kind.LIST, Kind.SCALAR} and _is_said_again(gold if gold.kind is Kind.LIST else answer):
            return self._same_said_again(gold, answer)
        if kinds == {Kind.TUPLE, Kind.SCALAR}:
            points = without_label(gold), without_label(answer)
            if points != (gold, answer):
                return self.same(*points)
        is_vector = kinds <= {Kind.TUPLE, Kind.MATRIX, Kind.SCALAR}
        if is_vector and (as_vectors := self._same_vectors(gold, answer)) is not None:
            return as_vectors
        scalar = next((form.text for form in (gold, answer) if form.kind is Kind.SCALAR), "")
        if scalar and (has_words(scalar) or _LISTED_BY_SPACES.fullmatch(scalar)):
            # A sentence around the value, the point (1, 2); or a list without commas, 1 2 3.
            return Match.UNCLEAR
        if (
            kinds <= {Kind.TUPLE, Kind.LIST, Kind.MATRIX}
            or kinds == {Kind.SET, Kind.MATRIX}
            or (kinds == {Kind.WORDS, Kind.SCALAR} and _is_short(gold, answer))
        ):
            # Brackets may be forgotten, a vector written as a point, the product ab read as a word.
            return Match.UNCLEAR
        return Match.DIFFERENT

    def _same_as_only_item(self, gold: Shape, answer: Shape) -> Match | None:
        """Compare a set with a single value or point; None where the set has not one item, or that is none of these."""
        of_gold, of_answer = (form.items if form.kind is Kind.SET else () for form in (gold, answer))
        other = answer if gold.kind is Kind.SET else gold
        is_value = other.kind is Kind.SCALAR
        if self.policy.singleton_set != "accept" or not (
            is_value or (other.kind is Kind.TUPLE and other.marks == "()")
        ):
            return None
        if self.nested or len(items := (*of_gold, *of_answer)) != 1 or items[0].text == r"\emptyset":
            return Match.DIFFERENT if is_value else None
        if items[0].kind is not other.kind:
            return Match.DIFFERENT if is_value else None
        return self.same(items[0], answer) if of_gold else self.same(gold, items[0])

    def _same_vectors(self, gold: Shape, answer: Shape) -> Match | None:
        r"""Compare a column with a vector, and both with a sum of unit vectors: 2i + 3j is (2, 3). None for others."""
        length = max(len(gold.items), len(answer.items))
        wanted, stated = as_vector(gold, length) or gold, as_vector(answer, length) or answer
        if Kind.SCALAR in (wanted.kind, stated.kind):
            scalar = wanted.text if wanted.kind is Kind.SCALAR else stated.text
            return Match.UNCLEAR if _UNIT_VECTORS.search(scalar) else None
        columns = [form.marks for form in (wanted, stated) if form.kind is Kind.MATRIX]
        vectors = [form.marks for form in (wanted, stated) if form.kind is Kind.TUPLE]
        if columns in ([], ["1"]) and all(marks in ("()", "⟨⟩") for marks in vectors):
            return self._in_order(wanted.items, stated.items)
        return Match.UNCLEAR

    def _same_said_again(self, gold: Shape, answer: Shape) -> Match:
        r"""Compare a scalar with a list joined by "or", which must say one value several times: \frac14 or 0.25."""
        values = [one for form in (gold, answer) for one in (form.items or (form,))]
        inner, scalars = replace(self, nested=True), Scalars(self.policy, self.prove)
        whole = Match.EQUAL
        for one, other in pairwise(values):
            match = inner.same(one, other)
            is_rounded = "." in other.text and scalars.rounds(one.text, other.text) is not Match.DIFFERENT
            if match is Match.DIFFERENT and is_rounded:
                # The square root of 2, or 1.414.
                match = Match.UNCLEAR
            whole = all_equal([whole, match])
        return whole

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
    if "\\" in gold or "\\" in answer:
        if r"\times" in gold + answer and (r"\vec" in gold or r"\vec" in answer):
            # Products of vectors are no products of numbers.
            return Match.EQUAL if gold.replace(" ", "") == answer.replace(" ", "") else Match.UNCLEAR
        gold, answer = without_arrows(gold, answer)
    comparison = Comparison(policy, prove)
    if r"\in" in answer and (bodies := without_parameters(gold, answer)):
        # Another form may have the same values.
        match = comparison.same(*map(shape, bodies))
        return Match.UNCLEAR if match is Match.DIFFERENT else match
    return comparison.same(shape(gold), shape(answer))


_BRACKETED = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
_LISTED_BY_SPACES = re.compile(r"[^\s,;+*/=-]{1,20}(?:\s+-?[^\s,;+*/=-]{1,20}){1,20}")
_UNIT_VECTORS = re.compile(r"(?<![A-Za-z\\])[jk](?![A-Za-z])|\\(?:hat|vec|mathbf)(?![A-Za-z])")


def _is_said_again(form: Shape) -> bool:
    """Return whether a list is joined by "or" alone, so that it may say one value twice."""
    marks = form.marks.split()
    return set(marks) == {"or"} and len(marks) == len(form.items) - 1


def _is_sloppy(gold: Shape, answer: Shape) -> bool:
    r"""Return whether the brackets of two intervals differ at infinite ends alone: [0,\infty]."""
    return all(
        wanted == stated or r"\infty" in end.text
        for wanted, stated, end in zip(gold.marks, answer.marks, answer.items, strict=False)
    )


def _has_decimal_commas(form: Shape) -> bool:
    """Return whether a list has both commas and semicolons, of which the commas may be decimal."""
    if ";" not in form.text:
        return False
    # In brackets of their own, commas are between coordinates.
    text = form.text[1:-1] if form.kind is Kind.TUPLE else form.text
    return re.search(r"\d,\d", _BRACKETED.sub(" ", text)) is not None


def _is_short(gold: Shape, answer: Shape) -> bool:
    """Return whether one of the two texts has at most three characters: it may be a product of variables."""
    return min(len(gold.text), len(answer.text)) <= 3
