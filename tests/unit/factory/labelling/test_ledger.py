"""Ledger of what all workers of a run have learnt."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import BadInput
from factory.labelling.experience import STRENGTH, Lessons, Sums
from factory.labelling.ledger import Ledger
from factory.labelling.opinions import Reliability


def lessons(questions: int, underway: int = 0, cell: int = 7) -> Lessons:
    cells = np.zeros(len(STRENGTH))
    cells[cell] = 1
    return Lessons(
        finished=Sums(cells=cells * questions, questions=questions),
        underway=Sums(cells=cells * underway, questions=underway),
    )


def seen(total: Lessons) -> tuple[int, int, float]:
    return total.finished.questions, total.underway.questions, float((total.finished + total.underway).cells.sum())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_only_the_last_report_of_each_worker_counts(reports):
    ledger = Ledger()
    for worker, questions, underway in reports:
        ledger.report(worker, lessons(questions, underway))
        ledger.report(worker, lessons(questions, underway))
    last = {worker: (questions, underway) for worker, questions, underway in reports}
    questions, underway = (sum(each[index] for each in last.values()) for index in (0, 1))
    assert seen(ledger.total) == (questions, underway, questions + underway)
    for worker, (own, own_underway) in last.items():
        assert seen(ledger.others_of(worker))[:2] == (questions - own, underway - own_underway)


def test_a_worker_that_is_gone_leaves_what_it_has_finished_and_counts_once():
    ledger = Ledger()
    ledger.report("gone", lessons(3, underway=2))
    ledger.report("here", lessons(1))
    ledger.retire("gone")
    ledger.retire("gone")
    ledger.report("gone", lessons(4, underway=2))
    assert seen(ledger.total) == (4, 0, 4)
    assert seen(ledger.others_of("here")) == (3, 0, 3)


def test_a_worker_that_never_reported_can_retire():
    ledger = Ledger()
    ledger.retire("unknown")
    assert seen(ledger.total) == (0, 0, 0)


def test_a_file_holds_what_finished_questions_have_taught():
    ledger = Ledger()
    ledger.report("a", lessons(3, underway=2))
    ledger.report("b", lessons(2, cell=100))
    again = Ledger.from_json(ledger.to_json())
    assert seen(again.total) == (5, 0, 5)
    assert again.total.finished.cells == pytest.approx(ledger.total.finished.cells)
    assert Ledger.from_json(again.to_json()).to_json() == ledger.to_json()


GOOD = json.loads(Ledger().to_json())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        json.dumps({**GOOD, "version": 2}),
        json.dumps({**GOOD, "version": "1" * 9999}),
        json.dumps({**GOOD, "questions": -1}),
        json.dumps({**GOOD, "questions": 1.5}),
        json.dumps({**GOOD, "cells": GOOD["cells"][1:]}),
        json.dumps({**GOOD, "cells": ["x", *GOOD["cells"][1:]]}),
        json.dumps({**GOOD, "cells": [float("nan"), *GOOD["cells"][1:]]}),
        json.dumps({**GOOD, "cells": [-1, *GOOD["cells"][1:]]}),
        json.dumps({**GOOD, "cells": [10**400, *GOOD["cells"][1:]]}),
        json.dumps({**GOOD, "cells": [1e9, *GOOD["cells"][1:]]}),
        json.dumps({**GOOD, "questions": 10**15}),
    ],
)
def test_a_damaged_file_or_one_of_another_version_is_refused_in_one_sentence(text):
    with pytest.raises(BadInput) as refusal:
        Ledger.from_json(text)
    message = str(refusal.value)
    assert len(message) < 200
    assert "\n" not in message
    assert "it is learnt anew" in message


def test_a_file_holds_what_opinions_were_worth() -> None:
    counts = {("critic", 1, 3): np.arange(14.0), ("prm", 0, 2): np.ones(14) / 3}
    ledger = Ledger(Sums(opinions=Reliability(counts)))
    read = Ledger.from_json(ledger.to_json()).total.finished.opinions.counts
    assert read.keys() == counts.keys()
    assert all(read[key] == pytest.approx(counts[key]) for key in counts)


@pytest.mark.parametrize(
    "opinions",
    [
        None,
        {},
        [["critic", 1, 3]],
        [["critic", 1, 3, [-1.0] * 14]],
        [["critic", 1, [float("nan")] * 14]],
        [[1, "critic", 3, []]],
    ],
)
def test_damaged_opinions_are_refused_in_one_sentence(opinions: object) -> None:
    text = json.dumps(json.loads(Ledger().to_json()) | {"opinions": opinions})
    with pytest.raises(BadInput, match="`opinions`"):
        Ledger.from_json(text)


@pytest.mark.parametrize("entry", [["critic", 1, [1.0] * 14], ["critic", 1, 3, [1.0] * 13], ["critic", 1, 3, 4, [1.0]]])
def test_opinions_in_the_shape_of_another_version_are_learnt_anew_and_the_prior_over_the_policy_stays(
    entry: object,
) -> None:
    ledger = Ledger()
    ledger.report("a", lessons(3))
    today = ["critic", 0, 3, [1.0] * 14]
    read = Ledger.from_json(json.dumps(json.loads(ledger.to_json()) | {"opinions": [today, entry]}))
    assert "opinions" in read.unread
    assert seen(read.total) == (3, 0, 3)
    assert read.total.finished.cells == pytest.approx(ledger.total.finished.cells)
    assert not read.total.finished.opinions.counts
