"""Whether two answers are the same of which one is a relation: an assignment, an equation, an inequality."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from factory.answers.comparison.intervals import as_intervals
from factory.answers.comparison.scalars import Scalars, quantity_or_none
from factory.answers.comparison.shape import Kind, Shape, assignment, is_name
from factory.answers.values.match import Match, all_equal

_COMMAND = re.compile(r"\\(?:frac|sqrt|cdot|times|pi|infty|left|right|binom|text|log|ln|exp|sin|cos|tan)(?![A-Za-z])")
_VARIABLE = re.compile(r"\\[a-z]+|(?<![A-Za-z])(?![ei](?![A-Za-z]))[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Relations:
    """`same` compares the values that remain once a relation is taken apart."""

    scalars: Scalars
    same: Callable[[Shape, Shape], Match]

    def same_relation(self, gold: Shape, said: Shape) -> Match:
        """At least one side is a relation, or a list of them."""
        gold_intervals, said_intervals = as_intervals(gold), as_intervals(said)
        if gold_intervals and said_intervals:
            return self.same(gold_intervals, said_intervals)
        if gold_intervals or said_intervals:
            other = said if gold_intervals else gold
            if other.kind in (Kind.TUPLE, Kind.UNION):
                found = self.same(gold_intervals or gold, said_intervals or said)
                return found if self.scalars.policy.interval_as_inequality == "accept" else Match.DIFFERENT
            unset = assignment(other)
            if unset and unset[1].kind in (Kind.TUPLE, Kind.UNION):
                return self.same_relation(gold_intervals or unset[1], said_intervals or unset[1])
            return Match.DIFFERENT if other.kind in (Kind.SCALAR, Kind.SET) or unset else Match.UNCLEAR
        if (by_name := self._same_of_one_name(gold, said)) is not None:
            return by_name
        if _named(gold) or _named(said):
            return self._same_named(gold, said)
        if gold.kind is Kind.RELATION and (stated := _stated_value(gold)):
            return self.same(stated, said)
        if said.kind is Kind.RELATION and said.marks.split()[-1] == r"\approx":
            return self._same_approximation(gold, said)
        names = {found[0] for found in (assignment(gold), assignment(said)) if found}
        equations = _equation(gold), _equation(said)
        if names:
            found = self._same_assignment(gold, said)
            same_name = len(names) == 1 and assignment(gold) and assignment(said)
            if found in (Match.EQUAL, Match.OPEN) or not all(equations) or same_name:
                return found
        if all(equations):
            return self.scalars.prove(*equations, task="proportional")
        if said.kind is Kind.RELATION and set(said.marks.split()) == {"="} and gold.kind is not Kind.RELATION:
            return self._same_chain(gold, said)
        if gold.kind is Kind.RELATION and said.kind is Kind.SCALAR and quantity_or_none(said.text) is not None:
            return Match.DIFFERENT  # an equation answered by a number
        return Match.UNCLEAR

    def _same_of_one_name(self, gold: Shape, said: Shape) -> Match | None:
        """Several values of one variable: x = 1, x = 2. None where neither side is that."""
        (gold_name, gold_values), (said_name, said_values) = _of_one_name(gold), _of_one_name(said)
        if not gold_name and not said_name:
            return None
        if gold_name and said_name and gold_name != said_name and self.scalars.policy.variable_name == "same":
            return Match.DIFFERENT
        return self.same(gold_values, said_values)

    def _same_chain(self, gold: Shape, said: Shape) -> Match:
        """A value behind what it is the value of: m + n = 25 + 91 = 116, AB = BC = 5, 2 + 3 = 5.

        Only what can be compared counts. Where something with variables stands beside it, a right value is unclear: it
        may be an equation that was not solved.
        """
        values = [member for member in said.items if not is_name(member)]
        if _VARIABLE.search(_COMMAND.sub("", gold.text)):
            return all_equal(self.same(gold, member) for member in values) if values else Match.UNCLEAR
        known = [member for member in values if not _VARIABLE.search(_COMMAND.sub("", member.text))]
        if not known:
            return Match.UNCLEAR
        found = all_equal(self.same(gold, member) for member in known)
        return found if found is Match.DIFFERENT or len(known) == len(values) else Match.UNCLEAR

    def _same_approximation(self, gold: Shape, said: Shape) -> Match:
        """`\\sqrt{2} \\approx 1.41` states the exact value, where its rounded one is right."""
        *exact, rounded = said.items
        if (
            self.scalars.policy.approximate_sign == "reject"
            or rounded.kind is not Kind.SCALAR
            or exact[-1].kind is not Kind.SCALAR
        ):
            return Match.UNCLEAR
        marks = " ".join(said.marks.split()[:-1])
        head = Shape(kind=Kind.RELATION, text="", items=tuple(exact), marks=marks) if marks else exact[0]
        return all_equal([self.same(gold, head), self.scalars.rounds(exact[-1].text, rounded.text)])

    def _same_assignment(self, gold: Shape, said: Shape) -> Match:
        (gold_name, gold_value) = assignment(gold) or ("", gold)
        (said_name, said_value) = assignment(said) or ("", said)
        if gold_name and said_name and gold_name != said_name and self.scalars.policy.variable_name == "same":
            return Match.DIFFERENT
        names = [name for name in (gold_name, said_name) if name.startswith("(")]
        if names and gold_name != said_name and any(sorted(name) != sorted(set(name)) for name in names):
            return Match.UNCLEAR
        if names and gold_name != said_name and not all(_is_sorted(name) for name in names):
            return Match.UNCLEAR
        if gold_value is gold and said_value is said:
            return Match.UNCLEAR
        if gold_name and said_name and gold_name != said_name and said_name in _VARIABLE.findall(said_value.text):
            return Match.UNCLEAR  # x = 2x + 3 for y = 2x + 3
        return self.same(gold_value, said_value)

    def _same_named(self, gold: Shape, said: Shape) -> Match:
        """Values of several variables: x = 1, y = 2. Against a point they count in the order of their names."""
        gold_named, said_named = _named(gold), _named(said)
        if gold_named and said_named:
            if [name for name, _ in gold_named] != [name for name, _ in said_named]:
                return Match.DIFFERENT if len(gold_named) != len(said_named) else Match.UNCLEAR
            return all_equal(self.same(g, s) for (_, g), (_, s) in zip(gold_named, said_named, strict=True))
        unnamed = said if gold_named else gold
        if (set_to := assignment(unnamed)) and set_to[0].startswith("(") and _is_sorted(set_to[0]):
            unnamed = set_to[1]
        values = [value for _, value in gold_named or said_named or []]
        if unnamed.kind is not Kind.TUPLE or unnamed.marks != "()":
            return Match.DIFFERENT if unnamed.kind is Kind.SCALAR else Match.UNCLEAR
        if len(values) != len(unnamed.items):
            return Match.DIFFERENT
        matches = zip(values, unnamed.items, strict=True)
        return all_equal(self.same(value, item) if gold_named else self.same(item, value) for value, item in matches)


def _named(found: Shape) -> list[tuple[str, Shape]] | None:
    """The values of two or more different variables, by name; None for anything else."""
    if found.kind is not Kind.LIST:
        return None
    pairs = [assignment(item) for item in found.items]
    named = [pair for pair in pairs if pair]
    names = {name for name, _ in named}
    if len(named) != len(pairs) or len(names) != len(named) or len(names) < 2:
        return None
    return sorted(named, key=lambda pair: pair[0])


def _of_one_name(found: Shape) -> tuple[str, Shape]:
    """The name and the values alone of x = 1, x = 2 and of x = 1, 2; no name for anything else."""
    pairs = [assignment(item) for item in found.items] if found.kind is Kind.LIST else []
    if not pairs or not pairs[0] or len({name for name, _ in filter(None, pairs)}) > 1:
        return "", found
    if any(pair is None and item.kind is Kind.RELATION for pair, item in zip(pairs, found.items, strict=True)):
        return "", found
    values = [pair[1] if pair else item for pair, item in zip(pairs, found.items, strict=True)]
    text = ", ".join(value.text for value in values)
    return pairs[0][0], Shape(kind=Kind.LIST, text=text, items=tuple(values))


def _stated_value(gold: Shape) -> Shape | None:
    """The first of a gold's numbers said to be equal: 0.56 = 56%, 2/3 \\approx 0.67."""
    if set(gold.marks.split()) <= {"=", r"\approx"} and all(quantity_or_none(item.text) for item in gold.items):
        return gold.items[0]
    return None


def has_relation(*shapes: Shape) -> bool:
    """Whether one of the shapes is a relation, or a list of some."""
    return any(
        found.kind is Kind.RELATION
        or (found.kind is Kind.LIST and any(item.kind is Kind.RELATION for item in found.items))
        for found in shapes
    )


def _is_sorted(name: str) -> bool:
    letters = re.findall(r"[A-Za-z]", name)
    return letters == sorted(letters)


def _equation(found: Shape) -> str:
    """What the equation sets to zero; "" where it is none."""
    if (
        found.kind is not Kind.RELATION
        or found.marks != "="
        or any(item.kind is not Kind.SCALAR for item in found.items)
    ):
        return ""
    return f"({found.items[0].text})-({found.items[1].text})"
