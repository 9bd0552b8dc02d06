"""Filters and splits: which solutions are exported, and in which split their question is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports.exports import record, solution

from factory.errors import BadInput
from factory.export.filter import Filter
from factory.export.split import SPLITS, Split
from factory.sources.split import is_held_out
from factory.types import Question

SOLUTIONS = [solution(f"a\nb {number}", right=number % 3 > 0) for number in range(9)]


def applied(found, row, dropped=None):
    """The record that is left, of one format that uses all."""
    return found.apply(row, Counter() if dropped is None else dropped).get("")


def kept(found, *solutions, **fields):
    """The texts that are left."""
    left = applied(found, record("Q?", *solutions, **fields))
    return None if left is None else [one["text"] for one in left["solutions"]]


@pytest.mark.parametrize(
    ("asked", "dropped"),
    [
        ({"verdicts": ("correct",)}, solution("x", right=False)),
        ({"verdicts": ("correct",)}, solution("x", verdict=None)),
        ({}, solution("x", hinted=True)),
        ({"hinted": "only"}, solution("x", hinted=None)),
        ({"rounds": (1, 2)}, solution("x")),
        ({"min_characters": 2}, solution("x")),
        ({"max_characters": 2}, solution("xyz")),
        ({"min_steps": 2}, solution("x")),
        ({"max_steps": 1}, solution("x\ny")),
    ],
)
def test_what_is_not_asked_for_is_dropped_and_counted(asked, dropped):
    why = Counter()
    assert applied(Filter(**asked), record("Q?", dropped), why) is None
    assert sorted(what for what, _ in why) == ["records", "solutions"]


def test_a_record_that_nothing_is_dropped_of_is_the_same():
    whole = record("Q?", solution("a"), solution("b"), metadata=[("mine", "{}")])
    assert applied(Filter(), whole) is whole


def test_hinted_solutions_are_left_out_unless_asked_for():
    both = (solution("a"), solution("b", hinted=True))
    assert [kept(Filter(hinted=which), *both) for which in ("none", "any", "only")] == [["a"], ["a", "b"], ["b"]]


@pytest.mark.parametrize(
    "leaking", ["We know the answer is 4.\nSo it is 4.", "The answer is 4.\nAs 2 + 2 = 4."], ids=["phrase", "first"]
)
def test_a_hinted_solution_that_gives_the_answer_away_is_dropped_and_counted(leaking):
    fine, dropped = solution("2 + 2 = 4\nThe answer is 4.", hinted=True), Counter()
    left = applied(Filter(hinted="only"), record("Q?", solution(leaking, hinted=True), fine), dropped)
    assert left["solutions"] == [fine]
    assert dropped == {("solutions", "gives the answer away"): 1}
    assert kept(Filter(), solution(leaking)) == [leaking]


def test_labels_that_are_not_sure_count_as_unknown_and_the_first_error_with_them():
    dropped = Counter()
    found = applied(
        Filter(min_confidence=0.9),
        record("Q?", solution("a\nb", right=False, confidence=0.8), solution("c", confidence=None)),
        dropped,
    )
    assert [[step["label"] for step in one["steps"]] for one in found["solutions"]] == [[None, None], [None]]
    assert [one["first_error"] for one in found["solutions"]] == [None, None]
    assert dropped == {("step labels", "not sure enough"): 2, ("step labels", "confidence unknown"): 1}


def test_a_confidence_that_lost_bits_on_disk_is_still_sure():
    assert kept(Filter(min_confidence=0.9), solution("a", confidence=0.8999999761581421)) == ["a"]
    whole = record("Q?", solution("a", confidence=0.8999999761581421))
    assert applied(Filter(min_confidence=0.9), whole) is whole


@pytest.mark.parametrize("asked", [Filter(), Filter(min_confidence=0.9, verdicts=("correct", "timeout"))])
@pytest.mark.parametrize(
    "worse",
    [
        solution("a\n4 ", labels=[1, None]),
        solution("a\n4 ", verdict="timeout"),
        solution("a\n4 ", finish_reason="length"),
    ],
)
def test_of_equal_texts_the_one_that_says_most_stays_whichever_comes_first(asked, worse):
    best = solution("a\n4", confidence=0.95, labels=[1, 1])
    assert kept(asked, worse, best) == kept(asked, best, worse) == ["a\n4"]


def test_labels_that_are_not_sure_say_nothing_for_one_of_equal_texts():
    sure, unsure = solution("a\n4", labels=[1, None]), solution("a\n4\n", confidence=0.5)
    assert kept(Filter(), sure, unsure) == ["a\n4\n"]
    assert kept(Filter(min_confidence=0.9), sure, unsure) == ["a\n4"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("if x:\n    y\n    z", "if x:\n    y\nz"), ("10⁵", "105"), ("x = A", "x = a"), ("    return 1", "return 1")],
)
def test_what_may_be_right_and_wrong_is_not_the_same_text(one, other):
    assert kept(Filter(), solution(one), solution(other, right=False)) == [one, other]


def test_white_space_at_the_ends_of_lines_makes_no_other_text():
    assert kept(Filter(), solution("\n    a  \r\nb\n\n"), solution("    a\nb")) == ["\n    a  \r\nb\n\n"]


def test_imported_solutions_may_repeat_one_another():
    assert kept(Filter(), *[solution("a", method="imported")] * 2) == ["a", "a"]


@given(st.permutations(SOLUTIONS), st.integers(1, 9), st.integers(0, 3))
def test_whom_a_cap_takes_hangs_on_no_order_and_a_larger_one_takes_the_same_and_more(order, cap, seed):
    def texts(solutions, cap):
        return set(kept(Filter(per_question=cap, seed=seed), *solutions))

    assert texts(order, cap) == texts(SOLUTIONS, cap)
    assert len(texts(order, cap)) == cap
    assert texts(order, cap) <= texts(order, cap + 1)


def test_another_seed_draws_others():
    assert len({tuple(kept(Filter(per_question=3, seed=seed), *SOLUTIONS)) for seed in range(8)}) > 1


@given(st.lists(st.booleans(), max_size=8), st.integers(0, 6).filter(lambda cap: cap != 1))
def test_balance_leaves_as_many_right_as_wrong(rights, cap):
    solutions = [solution(f"{number}", right=right) for number, right in enumerate(rights)]
    solutions += [solution(f"cut off {number}", right=False, finish_reason="length") for number in range(3)]
    found = applied(Filter(balance=True, per_question=cap), record("Q?", *solutions))
    verdicts = Counter(one["verdict"] for one in found["solutions"]) if found else Counter()
    each = min(sum(rights), len(rights) - sum(rights), cap // 2 if cap else 8)
    assert verdicts == Counter({"correct": each, "incorrect": each} if each else {})


def test_a_changed_record_is_no_longer_the_line_it_was_imported_from():
    rows = record("Q?", solution("a"), solution("b", hinted=True), metadata=[("mine", "{}"), ("level", "5")])
    assert applied(Filter(), rows)["metadata"] == [("level", "5")]


def test_records_without_solutions_stay_only_while_nothing_is_asked_of_solutions():
    assert kept(Filter()) == []
    assert kept(Filter(verdicts=("correct",))) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"verdicts": ("right",)},
        {"hinted": "yes"},
        {"min_confidence": 2.0},
        {"max_steps": -1},
        {"min_steps": 5, "max_steps": 3},
        {"min_characters": 9, "max_characters": 2},
        {"balance": True, "per_question": 1},
        {"balance": True, "verdicts": ("correct",)},
    ],
)
def test_what_cannot_be_asked_is_refused(asked):
    with pytest.raises(BadInput):
        Filter(**asked)


def test_spellings_of_a_question_are_in_the_same_split():
    split = Split(validation=0.3, test=0.3)
    assert all(split.of(f"What is {n} + 1?") == split.of(f"what  is {n} + 1 ?") for n in range(50))
    assert {split.of(f"What is {n} + 1?") for n in range(50)} == set(SPLITS)


def test_a_larger_share_takes_the_same_questions_and_more_and_they_are_those_a_run_holds_out():
    texts = [f"What is {n} + 1?" for n in range(200)]
    test = [{text for text in texts if Split(test=share, seed=7).of(text) == "test"} for share in (0.1, 0.3)]
    assert test[0] < test[1]
    assert test[1] == {text for text in texts if is_held_out(Question(text=text, gold="1"), 0.3, 7)}


@pytest.mark.parametrize("shares", [{"test": 1.5}, {"validation": -0.1}, {"validation": 0.6, "test": 0.6}])
def test_shares_beyond_all_are_refused(shares):
    with pytest.raises(BadInput, match="shares"):
        Split(**shares)


def test_labels_that_rollouts_and_critics_do_not_agree_on_are_taken_out_and_counted():
    one = solution("a\nb", right=False)
    one["opinions"] = [{"source": "critic", "first_error": 0, "grade": 3}]
    for step in one["steps"]:
        step.update(n_trials=2, n_successes=2)
    dropped = Counter()
    left = applied(Filter(agree="drop_solution"), record("Q?", one), dropped)
    assert [step["label"] for step in left["solutions"][0]["steps"]] == [None, None]
    assert dropped == {("step labels", "not agreed on, or not sure enough"): 2}
    with pytest.raises(BadInput, match="drop_step"):
        Filter(agree="drop_steps")


def test_a_rule_of_consensus_reads_the_evidence():
    evidence = {"solutions.opinions", "solutions.steps.n_trials", "solutions.steps.n_successes"}
    for columns in (Filter.selection_columns, Filter.columns):
        assert evidence <= set(columns(Filter(agree="drop_step")))
        assert not evidence & set(columns(Filter()))
