"""Whether two answers in normal form are the same answer under a policy: by shape first, then scalar by scalar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from factory.answers.comparison.relations import Relations, has_relation
from factory.answers.comparison.scalars import Prover, Scalars, left_open
from factory.answers.comparison.shape import Kind, Shape, shape
from factory.answers.policy import Policy
from factory.answers.values.match import Match, all_equal, equal_if


@dataclass(frozen=True, slots=True)
class Comparison:
    """One policy and one prover, applied to any two shapes."""

    policy: Policy
    prove: Prover = left_open
    nested: bool = False

    def same(self, gold: Shape, said: Shape) -> Match:
        if gold.text == said.text:
            return Match.EQUAL
        if has_relation(gold, said):
            return Relations(Scalars(self.policy, self.prove), self.same).same_relation(gold, said)
        if Kind.OTHER in (gold.kind, said.kind):
            return Match.UNCLEAR
        if {gold.kind, said.kind} == {Kind.LIST, Kind.SCALAR} and "," in gold.text and "," in said.text:
            return Match.UNCLEAR  # 81, 256 written as 81,256
        if gold.kind is said.kind:
            return self._same_kind(gold, said)
        return self._same_across(gold, said)

    def _same_kind(self, gold: Shape, said: Shape) -> Match:
        match gold.kind:
            case Kind.SCALAR:
                return Scalars(self.policy, self.prove).same(gold.text, said.text)
            case Kind.WORDS:
                return equal_if(self.policy.case == "ignore" and gold.text.casefold() == said.text.casefold())
            case Kind.LIST:
                if self.policy.list_order == "same":
                    return self._in_order(gold.items, said.items)
                return self._in_any_order(gold.items, said.items)
            case Kind.UNION:
                return self._in_any_order(gold.items, said.items)
            case Kind.SET:
                return self._in_any_order(self._distinct(gold.items), self._distinct(said.items))
            case Kind.TUPLE:
                if gold.marks != said.marks and len(gold.items) > 2:
                    return Match.UNCLEAR  # brackets of a vector
                return all_equal([equal_if(gold.marks == said.marks), self._in_order(gold.items, said.items)])
            case _:  # a matrix
                return all_equal([equal_if(gold.marks == said.marks), self._in_order(gold.items, said.items)])

    def _same_across(self, gold: Shape, said: Shape) -> Match:
        """Two shapes of different kinds, neither a relation."""
        kinds = {gold.kind, said.kind}
        if kinds == {Kind.SET, Kind.LIST}:
            found = self._in_any_order(gold.items, said.items)
            return found if self.policy.set_for_list == "accept" else Match.DIFFERENT
        if kinds == {Kind.SET, Kind.TUPLE}:
            if self.policy.set_for_tuple == "accept" and "()" in (gold.marks, said.marks):
                return self._in_any_order(gold.items, said.items)
            return Match.DIFFERENT
        if kinds == {Kind.SET, Kind.SCALAR} and self.policy.singleton_set == "accept":
            if self.nested or len(items := gold.items + said.items) != 1 or items[0].text == r"\emptyset":
                return Match.DIFFERENT
            return self.same(gold.items[0], said) if gold.items else self.same(gold, said.items[0])
        if kinds <= {Kind.TUPLE, Kind.LIST, Kind.MATRIX} or (
            kinds == {Kind.WORDS, Kind.SCALAR} and _is_short(gold, said)
        ):
            return Match.UNCLEAR  # brackets forgotten, a vector written as a point, ab as a word
        return Match.DIFFERENT

    def _distinct(self, items: Sequence[Shape]) -> list[Shape]:
        kept: list[Shape] = []
        for item in items:
            if all(self.same(other, item) is not Match.EQUAL for other in kept):
                kept.append(item)
        return kept

    def _in_order(self, gold: Sequence[Shape], said: Sequence[Shape]) -> Match:
        if len(gold) != len(said):
            return Match.DIFFERENT
        inner = replace(self, nested=True)
        return all_equal(inner.same(g, s) for g, s in zip(gold, said, strict=True))

    def _in_any_order(self, gold: Sequence[Shape], said: Sequence[Shape]) -> Match:
        """Pair off what is surely equal; what then remains decides."""
        if len(gold) != len(said):
            return Match.DIFFERENT
        remaining = list(said)
        inner = replace(self, nested=True)
        worst = Match.EQUAL
        for item in gold:
            found = []
            for position, other in enumerate(remaining):
                match = inner.same(item, other)
                found.append(match)
                if match is Match.EQUAL:
                    del remaining[position]
                    break
            else:
                if all(match is Match.DIFFERENT for match in found):
                    return Match.DIFFERENT
                worst = all_equal([worst, Match.UNCLEAR if Match.UNCLEAR in found else Match.OPEN])
        return worst


def compare(gold: str, said: str, policy: Policy, prove: Prover = left_open) -> Match:
    """Whether two answers in normal form are the same."""
    if policy.approximate_sign == "accept":
        said = said.removeprefix(r"\approx").strip()
    return Comparison(policy, prove).same(shape(gold), shape(said))


def _is_short(gold: Shape, said: Shape) -> bool:
    return min(len(gold.text), len(said.text)) <= 3
