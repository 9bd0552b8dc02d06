"""Comparison of two answers of which at least one is a relation: an assignment, an equation, an inequality."""

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
    """Comparison of relations.

    `scalars` compares single values. `same` compares the values that remain once a relation is taken apart:
    `Comparison.same`, passed in, as that module imports this one.
    """

    scalars: Scalars
    same: Callable[[Shape, Shape], Match]

    def same_relation(self, gold: Shape, answer: Shape) -> Match:
        """Return whether two answers are the same, where at least one side is a relation or a list of relations.

        The readings are tried in this order: intervals, several values of one variable, values of several variables, a
        chain of equal numbers, an approximation, an assignment, two equations, a value behind a chain of equations.
        """
        # Inequalities, as intervals.
        gold_intervals, answer_intervals = as_intervals(gold), as_intervals(answer)
        if gold_intervals and answer_intervals:
            return self.same(gold_intervals, answer_intervals)
        if gold_intervals or answer_intervals:
            return self._same_as_interval(gold, answer, gold_intervals, answer_intervals)
        # Values of one or of several variables.
        if (by_name := self._same_values_of_one_name(gold, answer)) is not None:
            return by_name
        if _named(gold) or _named(answer):
            return self._same_named(gold, answer)
        # Chains of numbers, and approximations.
        if gold.kind is Kind.RELATION and (stated := _stated_value(gold)):
            return self.same(stated, answer)
        if answer.kind is Kind.RELATION and answer.marks.split()[-1] == r"\approx":
            return self._same_approximation(gold, answer)
        # Assignments and equations.
        if (match := self._same_equation(gold, answer)) is not None:
            return match
        if answer.kind is Kind.RELATION and set(answer.marks.split()) == {"="} and gold.kind is not Kind.RELATION:
            return self._same_chain(gold, answer)
        if gold.kind is Kind.RELATION and answer.kind is Kind.SCALAR and quantity_or_none(answer.text) is not None:
            # An equation was asked for, a number was given.
            return Match.DIFFERENT
        return Match.UNCLEAR

    def _same_as_interval(
        self, gold: Shape, answer: Shape, gold_intervals: Shape | None, answer_intervals: Shape | None
    ) -> Match:
        """Compare where one side is an inequality that has intervals and the other is not.

        `gold_intervals` and `answer_intervals` are from `as_intervals`; exactly one of them is None.
        """
        other = answer if gold_intervals else gold
        if other.kind in (Kind.TUPLE, Kind.UNION):
            match = self.same(gold_intervals or gold, answer_intervals or answer)
            return match if self.scalars.policy.interval_as_inequality == "accept" else Match.DIFFERENT
        # x = (0, 5), or x \in (0, 5): the interval alone is compared.
        assigned = assignment(other)
        if assigned and assigned[1].kind in (Kind.TUPLE, Kind.UNION):
            return self.same_relation(gold_intervals or assigned[1], answer_intervals or assigned[1])
        return Match.DIFFERENT if other.kind in (Kind.SCALAR, Kind.SET) or assigned else Match.UNCLEAR

    def _same_equation(self, gold: Shape, answer: Shape) -> Match | None:
        """Compare assignments and equations; None where neither side leads to a decision.

        A failed comparison of assignments does not decide by itself where both sides are equations: y = 2x and 2x - y =
        0 have the same solutions.
        """
        names = {pair[0] for pair in (assignment(gold), assignment(answer)) if pair}
        equations = _equation(gold), _equation(answer)
        if names:
            match = self._same_assignment(gold, answer)
            same_name = len(names) == 1 and assignment(gold) and assignment(answer)
            if match in (Match.EQUAL, Match.OPEN) or not all(equations) or same_name:
                return match
        return self.scalars.prove(*equations, task="proportional") if all(equations) else None

    def _same_values_of_one_name(self, gold: Shape, answer: Shape) -> Match | None:
        """Compare several values of one variable: x = 1, x = 2.

        None where neither side is that.
        """
        (gold_name, gold_values), (answer_name, answer_values) = _values_of_one_name(gold), _values_of_one_name(answer)
        if not gold_name and not answer_name:
            return None
        if gold_name and answer_name and gold_name != answer_name and self.scalars.policy.variable_name == "same":
            return Match.DIFFERENT
        return self.same(gold_values, answer_values)

    def _same_chain(self, gold: Shape, answer: Shape) -> Match:
        """Compare a gold value with a chain of equations: m + n = 25 + 91 = 116, AB = BC = 5, 2 + 3 = 5.

        Only what can be compared counts. Where something with variables stands beside it, a right value is unclear: it
        may be an equation that was not solved.
        """
        values = [member for member in answer.items if not is_name(member)]
        if _VARIABLE.search(_COMMAND.sub("", gold.text)):
            return all_equal(self.same(gold, member) for member in values) if values else Match.UNCLEAR
        known = [member for member in values if not _VARIABLE.search(_COMMAND.sub("", member.text))]
        if not known:
            return Match.UNCLEAR
        match = all_equal(self.same(gold, member) for member in known)
        return match if match is Match.DIFFERENT or len(known) == len(values) else Match.UNCLEAR

    def _same_approximation(self, gold: Shape, answer: Shape) -> Match:
        r"""Compare with an answer such as `\sqrt{2} \approx 1.41`.

        It states the exact value, provided that its rounded one is right.
        """
        *exact, rounded = answer.items
        if (
            self.scalars.policy.approximate_sign == "reject"
            or rounded.kind is not Kind.SCALAR
            or exact[-1].kind is not Kind.SCALAR
        ):
            return Match.UNCLEAR
        marks = " ".join(answer.marks.split()[:-1])
        head = Shape(kind=Kind.RELATION, text="", items=tuple(exact), marks=marks) if marks else exact[0]
        return all_equal([self.same(gold, head), self.scalars.rounds(exact[-1].text, rounded.text)])

    def _same_assignment(self, gold: Shape, answer: Shape) -> Match:
        """Compare the values where at least one side assigns one to a name or to a tuple of names."""
        (gold_name, gold_value) = assignment(gold) or ("", gold)
        (answer_name, answer_value) = assignment(answer) or ("", answer)
        if gold_name and answer_name and gold_name != answer_name and self.scalars.policy.variable_name == "same":
            return Match.DIFFERENT
        # (x, y) = (1, 2) against a bare point: only names in alphabetic order say which value is whose.
        names = [name for name in (gold_name, answer_name) if name.startswith("(")]
        if names and gold_name != answer_name and any(sorted(name) != sorted(set(name)) for name in names):
            return Match.UNCLEAR
        if names and gold_name != answer_name and not all(_is_sorted(name) for name in names):
            return Match.UNCLEAR
        if gold_value is gold and answer_value is answer:
            return Match.UNCLEAR
        renamed = bool(gold_name and answer_name and gold_name != answer_name)
        if renamed and answer_name in _VARIABLE.findall(answer_value.text):
            # x = 2x + 3 for y = 2x + 3: as an equation it has another meaning.
            return Match.UNCLEAR
        return self.same(gold_value, answer_value)

    def _same_named(self, gold: Shape, answer: Shape) -> Match:
        """Compare values of several variables: x = 1, y = 2.

        Against a point they count in the alphabetic order of their names.
        """
        gold_named, answer_named = _named(gold), _named(answer)
        if gold_named and answer_named:
            if [name for name, _ in gold_named] != [name for name, _ in answer_named]:
                return Match.DIFFERENT if len(gold_named) != len(answer_named) else Match.UNCLEAR
            pairs = zip(gold_named, answer_named, strict=True)
            return all_equal(self.same(left, right) for (_, left), (_, right) in pairs)
        unnamed = answer if gold_named else gold
        if (set_to := assignment(unnamed)) and set_to[0].startswith("(") and _is_sorted(set_to[0]):
            unnamed = set_to[1]
        values = [value for _, value in gold_named or answer_named or []]
        if unnamed.kind is not Kind.TUPLE or unnamed.marks != "()":
            return Match.DIFFERENT if unnamed.kind is Kind.SCALAR else Match.UNCLEAR
        if len(values) != len(unnamed.items):
            return Match.DIFFERENT
        matches = zip(values, unnamed.items, strict=True)
        return all_equal(self.same(value, item) if gold_named else self.same(item, value) for value, item in matches)


def _named(form: Shape) -> list[tuple[str, Shape]] | None:
    """Return the values of two or more different variables, sorted by name; None for anything else."""
    if form.kind is not Kind.LIST:
        return None
    pairs = [assignment(item) for item in form.items]
    named = [pair for pair in pairs if pair]
    names = {name for name, _ in named}
    if len(named) != len(pairs) or len(names) != len(named) or len(names) < 2:
        return None
    return sorted(named, key=lambda pair: pair[0])


def _values_of_one_name(form: Shape) -> tuple[str, Shape]:
    """Return the name and the bare values of x = 1, x = 2 and of x = 1, 2.

    The name is "" for anything else, and the shape is returned as it is.
    """
    pairs = [assignment(item) for item in form.items] if form.kind is Kind.LIST else []
    if not pairs or not pairs[0] or len({name for name, _ in filter(None, pairs)}) > 1:
        return "", form
    if any(pair is None and item.kind is Kind.RELATION for pair, item in zip(pairs, form.items, strict=True)):
        return "", form
    values = [pair[1] if pair else item for pair, item in zip(pairs, form.items, strict=True)]
    text = ", ".join(value.text for value in values)
    return pairs[0][0], Shape(kind=Kind.LIST, text=text, items=tuple(values))


def _stated_value(gold: Shape) -> Shape | None:
    r"""Return the first of the gold numbers that a chain sets equal: 0.56 = 56%, 2/3 \approx 0.67; else None."""
    if set(gold.marks.split()) <= {"=", r"\approx"} and all(quantity_or_none(item.text) for item in gold.items):
        return gold.items[0]
    return None


def has_relation(*shapes: Shape) -> bool:
    """Return whether one of the shapes is a relation, or a list that holds one."""
    return any(
        form.kind is Kind.RELATION
        or (form.kind is Kind.LIST and any(item.kind is Kind.RELATION for item in form.items))
        for form in shapes
    )


def _is_sorted(name: str) -> bool:
    """Return whether the letters of a name stand in alphabetic order."""
    letters = re.findall(r"[A-Za-z]", name)
    return letters == sorted(letters)


def _equation(form: Shape) -> str:
    """Return the expression that an equation sets to zero; "" where the shape is no equation of two scalars."""
    if form.kind is not Kind.RELATION or form.marks != "=" or any(item.kind is not Kind.SCALAR for item in form.items):
        return ""
    return f"({form.items[0].text})-({form.items[1].text})"
