"""Solutions that were cut off behind their answer: which formats leave them out, and that an export says so."""

from __future__ import annotations

from collections import Counter

import pytest
from support.exports.exports import record, solution

from factory.export.choice import FormatSelector
from factory.export.filter import Filter
from factory.formats import orm, prm, sft, unpaired

SELECTORS = tuple(
    FormatSelector(name=name, mask=1 << bit, uses=view.uses)
    for bit, (name, view) in enumerate({"sft": sft, "unpaired": unpaired, "orm": orm, "prm": prm}.items())
)
ANSWERED = solution(r"So it is \boxed{4}. As we", finish_reason="answered")


def test_what_a_format_leaves_out_as_it_was_cut_off_is_counted():
    dropped = Counter()
    wrong = solution(r"So it is \boxed{5}. As we", right=False, finish_reason="answered")
    kept = Filter().apply(record("Q?", ANSWERED, wrong, solution("It is 4.")), dropped, SELECTORS)
    assert dropped == {
        ("solutions for sft", "cut off behind the answer"): 1,
        ("solutions for unpaired", "cut off behind the answer"): 2,
    }
    assert [len(list(view.rows(kept[name]))) for name, view in (("sft", sft), ("unpaired", unpaired))] == [1, 1]
    assert [row["label"] for row in orm.rows(kept["orm"])] == [True, False, True]


@pytest.mark.parametrize("finish", ["stop", "length", None])
def test_other_solutions_are_not_counted_as_such(finish):
    dropped = Counter()
    Filter().apply(record("Q?", {**ANSWERED, "finish_reason": finish}), dropped, SELECTORS)
    assert not dropped


def test_it_takes_no_place_under_a_cap_of_a_format_that_cannot_use_it():
    whole = solution("It is 4.")
    kept = Filter(per_question=1).apply(record("Q?", ANSWERED, whole), Counter(), SELECTORS[:1])
    assert [row["solution_id"] for row in sft.rows(kept["sft"])] == [whole["solution_id"]]
