"""Policy on what counts as the same answer where mathematicians, data sets and graders disagree."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal, get_args, get_type_hints

from factory.added_fields import ADDED


@dataclass
class AnswerPolicy:
    """Decisions on debatable cases, one field per case, each with the reason for its default.

    The defaults follow what a teacher with the gold answer in hand would accept, and reject wherever accepting could
    make a wrong answer right.

    * `percent_sign_missing`: a bare number against a gold in percent. `number`: 50 for 50%; `fraction`: 0.5 for 50%;
      `either`: both, but a bare number of percents below one is unparsable, as 0.5 could be meant as 50%.
      Default `either`: solutions write both.
    * `percent_sign_extra`: a percentage against a bare gold. `value`: 5% for 0.05; `number`: 10% for 10; the other of
      the two is unparsable then. Default `value`: 10% is 0.1.
    * `rounded_answer_digits`: a decimal answer of at least so many significant digits, off by less than one unit in its
      last place, meets a rational gold that has no finite decimals; 0: never. Default 15: what a double prints.
    * `rounded_irrational_digits`: the same for an irrational gold such as pi. Default 0: the exact form was asked for.
    * `rounded_gold_digits`: an exact value without finite decimals meets a decimal gold of at least so many significant
      digits that it rounds to: 100/3 for 33.3. An irrational value needs one digit more, sqrt(5) for 2.236, and is
      unparsable with just as many: 3.14 may have been asked for. 0: never. Default 3: with fewer, too many wrong
      fractions round to it.
    * `unreduced_fraction`: 2/4 for 1/2. Default `accept`: the value is right.
    * `unevaluated`: what may be left to compute for a numeric gold. `none`: nothing; `arithmetic`: 2+2, roots, known
      functions; `any`: also what math-verify can evaluate, such as integrals. Default `arithmetic`: a problem can be
      copied as an integral, so that says nothing.
    * `decimal_comma`: 1.234,5 for 1234.5. Default `reject`: it clashes with lists and thousands.
    * `number_words`: seven for 7. Default `accept`: no other reading.
    * `approximate_sign`: `\\approx 5` for 5. Default `accept`: the value is stated.
    * `unit_missing`: 5 for a gold of 5 cm. Default `accept`: the question fixes the unit.
    * `unit_extra`: 5 cm for a gold of 5. Default `accept`: golds often leave the unit out. A single word that is no
      known unit and no plural is unparsable: it may scale the number in some language.
    * `unit_mismatch`: two units that differ. `convert`: 60 minutes for 1 hour, never cm for cm^2; `reject`: must be the
      same unit; `ignore`: any. Default `convert`: the quantity is the same.
    * `degrees_as_radians`: pi/2 for 90 degrees and the reverse. Default `accept`: the angle is the same.
    * `base_missing`: 101 for 101_2. Default `reject`: it is another number.
    * `ratio_as_fraction`: 11/21 for 11:21. Default `accept`: the ratio is the same.
    * `list_order`: of an unbracketed list. Default `any`: roots have no order.
    * `set_for_list`: \\{1, 2\\} for 1, 2 and the reverse. Default `accept`: neither has an order.
    * `set_for_tuple`: \\{1, 3\\} for (1, 3) and the reverse. Default `reject`: a tuple has an order.
    * `singleton_set`: \\{5\\} for 5 and the reverse. Default `accept`: the solution set of one solution.
    * `interval_as_inequality`: 0 < x < 5 for (0, 5) and the reverse. Default `accept`: the same set.
    * `variable_name`: of an assignment, y = 5 for x = 5. Default `ignore`: the value is the answer.
    * `case`: of words and choice letters, never of variables. Default `ignore`.
    * `cut_off_box`: the verdict on an output that was cut off at the token limit, where its last box stands complete in
      front of the cut. Default `reject`: what was cut off may have taken the answer back.
    """

    percent_sign_missing: Literal["either", "number", "fraction", "reject"] = "either"
    percent_sign_extra: Literal["value", "number", "reject"] = "value"
    rounded_answer_digits: int = 15
    rounded_irrational_digits: int = 0
    rounded_gold_digits: int = 3
    unreduced_fraction: Literal["accept", "reject"] = "accept"
    unevaluated: Literal["arithmetic", "none", "any"] = "arithmetic"
    decimal_comma: Literal["reject", "accept"] = "reject"
    number_words: Literal["accept", "reject"] = "accept"
    approximate_sign: Literal["accept", "reject"] = "accept"
    unit_missing: Literal["accept", "reject"] = "accept"
    unit_extra: Literal["accept", "reject"] = "accept"
    unit_mismatch: Literal["convert", "reject", "ignore"] = "convert"
    degrees_as_radians: Literal["accept", "reject"] = "accept"
    base_missing: Literal["reject", "accept"] = "reject"
    ratio_as_fraction: Literal["accept", "reject"] = "accept"
    list_order: Literal["any", "same"] = "any"
    set_for_list: Literal["accept", "reject"] = "accept"
    set_for_tuple: Literal["reject", "accept"] = "reject"
    singleton_set: Literal["accept", "reject"] = "accept"
    interval_as_inequality: Literal["accept", "reject"] = "accept"
    variable_name: Literal["ignore", "same"] = "ignore"
    case: Literal["ignore", "same"] = "ignore"
    cut_off_box: Literal["reject", "accept"] = field(default="reject", metadata=ADDED)

    def __post_init__(self) -> None:
        """Check every field. Raises `ValueError`."""
        for name, allowed in allowed_values().items():
            value = getattr(self, name)
            if allowed and value not in allowed:
                raise ValueError(f"policy.{name} is {value!r}. Expected one of {', '.join(allowed)}.")
            if not allowed and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
                raise ValueError(f"policy.{name} is {value!r}. Expected a number of digits, 0 for never.")

    def key(self) -> tuple[Any, ...]:
        """Return a hashable value that differs where a verdict could."""
        return tuple(vars(self).values())


@lru_cache(maxsize=1)
def allowed_values() -> dict[str, tuple[str, ...]]:
    """Return the values that each field may hold; an empty tuple for a number of digits."""
    hints = get_type_hints(AnswerPolicy)
    return {field.name: get_args(hints[field.name]) for field in fields(AnswerPolicy)}
