"""Comparison of two answers of which at least one is a relation: an assignment, an equation, an inequality."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from factory.answers.comparison.guards import has_words
from factory.answers.comparison.intervals import as_intervals, as_union, is_inequality
from factory.answers.comparison.names import may_be_ignored, names_of_tuple
from factory.answers.comparison.scalars import Scalars, quantity_or_none
from factory.answers.comparison.shape import Kind, Shape, assignment, is_name, shape
from factory.answers.comparison.systems import same_solutions, values_of_one_name
from factory.answers.values.match import Match, all_equal
from factory.answers.wording.combinatorics import with_binomials

_COMMAND = re.compile(r"\\(?:frac|sqrt|cdot|times|pi|infty|left|right|binom|text|log|ln|exp|sin|cos|tan)(?![A-Za-z])")
_ARGUMENT = re.compile(r"^[A-Za-z]'*\(([a-z])\)$")
_COMMAND_OR_LETTER = re.compile(r"\\[A-Za-z]+|[A-Za-z]")
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

        The readings are tried in this order: intervals, values of several variables, several values of one variable, a
        chain of equal numbers, an approximation, an assignment, two equations, a value behind a chain of equations.
        """
        # Inequalities, as intervals.
        gold_intervals, answer_intervals = as_intervals(gold), as_intervals(answer)
        if gold_intervals and answer_intervals:
            return self.same(gold_intervals, answer_intervals)
        if gold_intervals or answer_intervals:
            return self._same_as_interval(gold, answer, gold_intervals, answer_intervals)
        if _are_equations(gold) and _are_equations(answer) and len(gold.items) == len(answer.items):
            return self._same_equations(list(gold.items), list(answer.items))
        # Values of one or of several variables.
        if (by_name := same_solutions(gold, answer, self.same)) is not None:
            return by_name
        if (by_name := self._same_values_of_one_name(gold, answer)) is not None:
            return by_name
        # Chains of numbers, and approximations.
        if gold.kind is Kind.RELATION and gold.marks.split()[-1] == r"\approx":
            return self._same_as_approximate_gold(gold, answer)
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
            # An equation was asked for, a number was given: x + y = 5 may have been meant to say what x + y is.
            sides = gold.items if gold.marks == "=" else ()
            return Match.UNCLEAR if any(self.same(side, answer) is Match.EQUAL for side in sides) else Match.DIFFERENT
        return Match.UNCLEAR

    def _same_as_interval(
        self, gold: Shape, answer: Shape, gold_intervals: Shape | None, answer_intervals: Shape | None
    ) -> Match:
        """Compare where one side is an inequality that has intervals and the other is not.

        `gold_intervals` and `answer_intervals` are from `as_intervals`; exactly one of them is None.
        """
        other = as_union(answer if gold_intervals else gold)
        # D = (0, 5): the interval alone is compared.
        assigned = assignment(other)
        bare = assigned[1] if assigned else other
        if bare.marks == "⟨⟩" or (assigned and names_of_tuple(assigned[0])):
            # A vector or a point is no interval.
            return Match.DIFFERENT
        if bare.kind in (Kind.TUPLE, Kind.UNION):
            match = self.same(gold_intervals or bare, answer_intervals or bare)
            is_member = not is_inequality(gold if gold_intervals else answer)
            return match if is_member or self.scalars.policy.interval_as_inequality == "accept" else Match.DIFFERENT
        if other.kind is Kind.SET and other.items:
            # A union of an interval and a finite set may be written as an inequality with "or".
            return self.same(gold_intervals or other, answer_intervals or other)
        if other.kind is Kind.SCALAR and has_words(other.text):
            # At least 3, for x \ge 3.
            return Match.UNCLEAR
        return Match.DIFFERENT if other.kind is Kind.SCALAR or assigned else Match.UNCLEAR

    def _same_equation(self, gold: Shape, answer: Shape) -> Match | None:
        """Compare assignments and equations; None where neither side leads to a decision.

        A failed comparison of assignments does not decide by itself where both sides are equations: y = 2x and 2x - y =
        0 have the same solutions.
        """
        if any(form.marks == "=" and not assignment(form) and _has_list(form) for form in (gold, answer)):
            # x \pm 2y = 0 are two equations.
            return Match.UNCLEAR
        names = {pair[0] for pair in (assignment(gold), assignment(answer)) if pair}
        if len(names) == 2 and not may_be_ignored(*names):
            # \sin\theta = 1 and \cos\theta = 1 do not say the same.
            return Match.UNCLEAR
        equations = _equation(gold), _equation(answer)
        if names:
            match = self._same_assignment(gold, answer)
            same_name = len(names) == 1 and assignment(gold) and assignment(answer)
            if match in (Match.EQUAL, Match.OPEN) or not all(equations) or same_name:
                return match
            if (solved := assignment(gold)) and not assignment(answer) and not _has_variable(solved[1]):
                # An equation in x that x = 5 solves has still to be solved.
                return Match.UNCLEAR
        return self.scalars.prove(*equations, task="proportional") if all(equations) else None

    def _same_equations(self, gold: list[Shape], answer: list[Shape]) -> Match:
        """Compare several equations of which not all are assignments, in any order: x = 1 or 3x - 4y + 5 = 0."""
        whole = Match.EQUAL
        for wanted in gold:
            matches = [
                self.same(wanted, stated) if _may_be_same(wanted, stated) else Match.UNCLEAR for stated in answer
            ]
            best = next((match for match in (Match.EQUAL, Match.OPEN) if match in matches), None)
            if best is None:
                return Match.UNCLEAR
            if best is Match.EQUAL:
                del answer[matches.index(best)]
            else:
                whole = best
        return whole

    def _same_values_of_one_name(self, gold: Shape, answer: Shape) -> Match | None:
        """Compare several values of one variable: x = 1, x = 2.

        None where neither side is that.
        """
        (gold_name, gold_values), (answer_name, answer_values) = values_of_one_name(gold), values_of_one_name(answer)
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
        if _has_variable(gold):
            return all_equal(self.same(gold, member) for member in values) if values else Match.UNCLEAR
        known = [member for member in values if not _has_variable(member)]
        if not known:
            return Match.UNCLEAR
        match = all_equal(self.same(gold, member) for member in known)
        return match if match is Match.DIFFERENT or len(known) == len(values) else Match.UNCLEAR

    def _same_approximation(self, gold: Shape, answer: Shape) -> Match:
        r"""Compare with an answer such as `\sqrt{2} \approx 1.41`.

        It states the exact value, provided that its rounded one is right; `x \approx 5` states the rounded one.
        """
        *exact, rounded = answer.items
        if len(exact) == 1 and is_name(exact[0]) and self.scalars.policy.approximate_sign == "accept":
            return self.same(gold, rounded)
        if (
            self.scalars.policy.approximate_sign == "reject"
            or rounded.kind is not Kind.SCALAR
            or exact[-1].kind is not Kind.SCALAR
        ):
            return Match.UNCLEAR
        return all_equal([self.same(gold, _without_last(answer)), self.scalars.rounds(exact[-1].text, rounded.text)])

    def _same_as_approximate_gold(self, gold: Shape, answer: Shape) -> Match:
        r"""Compare with a gold such as `\frac{2}{3} \approx 0.67`: exact, while its rounded value alone is unclear."""
        *exact, rounded = gold.items
        if len(exact) == 1 and is_name(exact[0]):
            return self.same(rounded, answer)
        match = self.same(_without_last(gold), answer)
        if match is Match.DIFFERENT and answer.kind is Kind.SCALAR and self.same(rounded, answer) is Match.EQUAL:
            return Match.UNCLEAR
        return match

    def _same_assignment(self, gold: Shape, answer: Shape) -> Match:
        """Compare the values where at least one side assigns one to a name or to a tuple of names."""
        gold_name, gold_value = gold_pair = assignment(gold) or ("", gold)
        answer_name, answer_value = answer_pair = assignment(answer) or ("", answer)
        if gold_name and answer_name and gold_name != answer_name and self.scalars.policy.variable_name == "same":
            return Match.DIFFERENT
        if any(names_of_tuple(name) and value.kind is Kind.SCALAR for name, value in (gold_pair, answer_pair)):
            # One value for several names.
            return Match.UNCLEAR
        # (x, y) = (1, 2) against a bare point: only names in alphabetic order say which value is whose.
        names = [name for name in (gold_name, answer_name) if names_of_tuple(name)]
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
        if renamed and (argument := _other_argument(gold_name, answer_name)):
            answer_value = _renamed(answer_value, *argument)
        return self.same(gold_value, answer_value)


def _are_equations(form: Shape) -> bool:
    """Return whether a shape is a list of equations of which at least one is no assignment."""
    is_list = form.kind is Kind.LIST and all(item.kind is Kind.RELATION and item.marks == "=" for item in form.items)
    return is_list and not all(assignment(item) for item in form.items)


def _may_be_same(one: Shape, other: Shape) -> bool:
    """Return whether two equations are not assignments to different names."""
    pairs = assignment(one), assignment(other)
    return not (pairs[0] and pairs[1]) or pairs[0][0] == pairs[1][0]


def _has_list(form: Shape) -> bool:
    r"""Return whether a member of a relation is several values, as \pm makes them."""
    return any(item.kind is Kind.LIST for item in form.items)


def _without_last(form: Shape) -> Shape:
    """Return a relation without its last sign and what stands behind it."""
    *signs, _ = form.marks.split()
    *items, _ = form.items
    if not signs:
        return items[0]
    text = "".join(f" {sign} {item.text}" for sign, item in zip(["", *signs], items, strict=True)).strip()
    return Shape(kind=Kind.RELATION, text=text, items=tuple(items), marks=" ".join(signs))


def _other_argument(gold_name: str, answer_name: str) -> tuple[str, str] | None:
    """Return the arguments of g(t) and f(x) where they are two letters, the answer's first; None otherwise."""
    arguments = [match[1] for name in (answer_name, gold_name) if (match := _ARGUMENT.search(name))]
    return (arguments[0], arguments[1]) if len(arguments) == 2 and arguments[0] != arguments[1] else None


def _renamed(value: Shape, old: str, new: str) -> Shape:
    """Return a value with another letter for its variable; as it is where it already has that letter."""
    letters = _COMMAND_OR_LETTER.findall(value.text)
    if new in letters:
        return value
    return shape(_COMMAND_OR_LETTER.sub(lambda match: f"{new} " if match[0] == old else match[0], value.text))


def _stated_value(gold: Shape) -> Shape | None:
    r"""Return what a gold chain of equations states, as an assignment where it begins with a name; else None.

    It is the first of several numbers, 0.56 = 56%, and else the last value: x = 2 + 3 = 5, or \log_2 8 = 3.
    """
    if set(gold.marks.split()) != {"="}:
        return None
    first, *_, last = gold.items
    if all(quantity_or_none(item.text) for item in gold.items):
        return first
    if is_name(first) and len(gold.items) > 2 and not is_name(last):
        return Shape(kind=Kind.RELATION, text=f"{first.text} = {last.text}", items=(first, last), marks="=")
    constant = all(item.kind is Kind.SCALAR and not _has_variable(item) for item in gold.items)
    return last if constant and not any(map(is_name, gold.items)) else None


def _has_variable(form: Shape) -> bool:
    """Return whether a scalar has letters that are no function or constant."""
    return _VARIABLE.search(_COMMAND.sub("", with_binomials(form.text, ""))) is not None


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
