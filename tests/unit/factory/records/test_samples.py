"""Samples of the policy: one rule, over columns and for one solution."""

from itertools import product

import pyarrow as pa
from support.records import a_record, a_solution, flat
from support.validation import SCHEMA_1

from factory.export.flat_rows import is_sampled
from factory.records.samples import COLUMNS, are_sampled
from factory.rollouts.nodes import GIVEN, PROBE

CHOICES = {
    "method": ("sample", "imported", GIVEN, PROBE),
    "role": ("policy", "sneaky", None),
    "independent": (True, False, None),
    "hinted": (True, False),
}


def test_the_mask_over_columns_is_the_rule_for_one_solution() -> None:
    fields = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    solutions = [a_solution([(str(number), None)], **one) for number, one in enumerate(fields)]
    mask = are_sampled(flat(a_record("q", solutions)).of_solutions)
    assert mask.tolist() == [is_sampled(solution) for solution in solutions]
    assert 0 < mask.sum() < len(solutions)
    assert set(CHOICES) == set(COLUMNS)


def test_in_rows_that_know_of_no_roles_all_but_given_and_probed_ones_are_samples() -> None:
    record = a_record("q", [a_solution([("a", 1)]), a_solution([("b", 1)], method=PROBE)])
    assert are_sampled(flat(record, schema=SCHEMA_1).of_solutions).tolist() == [True, False]
    assert are_sampled(lambda name: pa.nulls(2)).tolist() == [True, True]
