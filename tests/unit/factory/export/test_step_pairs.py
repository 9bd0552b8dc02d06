"""Pairs of next steps: of what is sure enough, behind the same prefix, and never two whole solutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.records import a_node, a_record, a_solution

from factory.export.step_pairs import REWARD, ROLLOUTS, SCORE, StepPair, StepValue, probability_greater, step_pairs


def counted(node: int, parent: int, text: str, successes: int, trials: int, **fields: Any) -> dict[str, Any]:
    """Return a node with these rollouts."""
    counts = {"trials": trials, "successes": successes}
    return {**a_node(node, parent, text, successes / trials if trials else None, **fields), **counts}


def ending(node: int, parent: int, text: str, verdict: str, **fields: Any) -> dict[str, Any]:
    """Return a node where a solution ends."""
    return a_node(node, parent, text, None, terminal=True, verdict=verdict, **fields)


def pairs_of(*nodes: dict[str, Any], solutions: tuple[dict[str, Any], ...] = ()) -> list[StepPair]:
    """Return the pairs of a tree of these nodes behind the root."""
    record = a_record("Q?", list(solutions), tree=[a_node(0, None, "", 0.5)])
    record["tree"] += nodes
    return list(step_pairs(record))


def solved(text: str, verdict: str = "correct") -> dict[str, Any]:
    """Return a solution whose lines are its steps."""
    return a_solution([(line, None) for line in text.split("\n")], verdict)


def test_of_several_steps_the_best_is_paired_with_the_worst_and_each_is_used_once() -> None:
    pairs = pairs_of(
        counted(1, 0, "a\n", 8, 8),
        counted(2, 0, "b\n", 7, 8),
        counted(3, 0, "c\n", 1, 8),
        counted(4, 0, "d\n", 0, 8),
        counted(5, 0, "e\n", 4, 8),
    )
    assert [(pair.chosen, pair.rejected, pair.margin) for pair in pairs] == [("a\n", "d\n", 1.0), ("b\n", "c\n", 0.75)]


def test_a_difference_that_may_be_chance_is_no_pair() -> None:
    # Of Beta(3, 1) and Beta(2, 2) the first is greater in .8 of the cases, of Beta(10, 3) and Beta(1, 3) in .98.
    assert not pairs_of(counted(1, 0, "a\n", 2, 2), counted(2, 0, "b\n", 1, 2))
    [pair] = pairs_of(counted(1, 0, "a\n", 9, 11), counted(2, 0, "b\n", 0, 2))
    assert pair.confidence is not None
    assert 0.95 < pair.confidence < 1


def test_among_many_steps_the_best_has_to_be_surer() -> None:
    best, worst = counted(1, 0, "a\n", 4, 5), counted(2, 0, "b\n", 0, 4)
    others = [counted(number, 0, f"c{number}\n", 1, 2) for number in range(3, 9)]
    assert len(pairs_of(best, worst)) == 1
    assert not pairs_of(best, worst, *others)


def test_a_small_difference_is_no_pair_however_sure() -> None:
    assert not pairs_of(counted(1, 0, "a\n", 900, 1000), counted(2, 0, "b\n", 750, 1000))


def test_one_rollout_is_no_evidence() -> None:
    assert not pairs_of(counted(1, 0, "a\n", 30, 30), counted(2, 0, "b\n", 0, 1))


def test_a_step_that_ends_a_solution_has_its_verdict_for_a_value() -> None:
    good = solved("a\nIt is 14.")
    [pair] = pairs_of(
        counted(1, 0, "a\n", 7, 8),
        ending(2, 1, "It is 14.", "correct"),
        counted(3, 1, "b\n", 1, 4),
        solutions=(good,),
    )
    assert (pair.prefix, pair.chosen, pair.rejected, pair.depth) == ("a\n", "a\nIt is 14.", "a\nb\n", 1)
    assert (pair.margin, pair.chosen_value.evidence, pair.rejected_value.evidence) == (0.75, None, 4)


def test_a_verdict_that_no_exported_solution_confirms_is_no_value() -> None:
    assert not pairs_of(
        counted(1, 0, "a\n", 7, 8), ending(2, 1, "It is 14.", "correct"), counted(3, 1, "b\n", 1, 4), solutions=()
    )


def test_a_step_that_was_cut_off_is_not_to_be_learnt_though_its_answer_counts() -> None:
    cut = {**solved("a\nIt is 14. To be su"), "finish_reason": "answered"}
    assert not pairs_of(
        counted(1, 0, "a\n", 7, 8),
        ending(2, 1, "It is 14. To be su", "correct"),
        counted(3, 1, "b\n", 1, 4),
        solutions=(cut,),
    )


def test_behind_a_prefix_that_is_right_now_and_then_only_nothing_is_better() -> None:
    # The bare question is right in 6 of 8 rollouts, the prefix in 1 of 8: its one right ending is luck.
    lucky = (solved("a\nIt is 14."), solved("a\nIt is 9.", "incorrect"))
    nodes = (ending(2, 1, "It is 14.", "correct"), ending(3, 1, "It is 9.", "incorrect"))
    for successes, pairs in ((1, 0), (7, 1)):
        root = {**a_node(0, None, "", 0.75), "trials": 8, "successes": 6}
        tree = [root, counted(1, 0, "a\n", successes, 8), *nodes]
        assert len(list(step_pairs(a_record("Q?", list(lucky), tree=tree)))) == pairs


def test_a_step_that_an_audit_has_located_as_wrong_is_never_the_better_one() -> None:
    nodes = (
        counted(1, 0, "9 * 4 = 32.\n", 10, 10),
        ending(2, 1, "The answer is 36.", "correct"),
        counted(3, 0, "9 * 4 = 36, minus 1.\n", 0, 10),
    )
    right = solved("9 * 4 = 32.\nThe answer is 36.")
    for fields, pairs in ({}, 1), ({"flawed": True, "first_error": 0}, 0), ({"first_error": 0}, 0):
        assert len(pairs_of(*nodes, solutions=({**right, **fields},))) == pairs


def test_a_flawed_solution_whose_wrong_step_is_not_known_is_no_ending_to_learn() -> None:
    nodes = (counted(1, 0, "a\n", 7, 8), ending(2, 1, "It is 14.", "correct"), counted(3, 1, "b\n", 1, 8))
    for flawed, pairs in ((False, 1), (True, 0)):
        assert len(pairs_of(*nodes, solutions=({**solved("a\nIt is 14."), "flawed": flawed},))) == pairs


def test_a_flawed_solution_is_no_right_one_that_speaks_for_a_step() -> None:
    nodes = (a_node(1, 0, "a\n", None, score=0.9), a_node(2, 0, "b\n", None, score=0.1))
    nodes += (ending(3, 1, "It is 14.", "correct"), ending(4, 2, "It is 9.", "incorrect"))
    wrong = solved("b\nIt is 9.", "incorrect")
    for flawed, pairs in ((False, 1), (True, 0)):
        assert len(pairs_of(*nodes, solutions=({**solved("a\nIt is 14."), "flawed": flawed}, wrong))) == pairs


def test_behind_a_first_error_nothing_is_better() -> None:
    # A labeller has located it in the first step of the wrong one, which both share.
    wrong = a_solution([("a", -1), ("It is 9.", None)], "incorrect")
    nodes = (ending(2, 1, "It is 14.", "correct"), ending(3, 1, "It is 9.", "incorrect"))
    assert pairs_of(
        counted(1, 0, "a\n", 8, 8), *nodes, solutions=(solved("a\nIt is 14."), solved("a\nIt is 9.", "incorrect"))
    )
    assert not pairs_of(counted(1, 0, "a\n", 8, 8), *nodes, solutions=(solved("a\nIt is 14."), wrong))


def test_a_verifier_that_thinks_well_of_a_prefix_is_trusted_with_the_steps_behind_it() -> None:
    solutions = (solved("p\na\nIt is 14."), solved("p\nb\nIt is 9.", "incorrect"))
    for opinion, pairs in ((0.7, 1), (0.3, 0)):
        prefix = a_node(10, 0, "p\n", None, score=opinion)
        nodes = [{**node, "parent": node["parent"] or 10} for node in guided(reward=None)]
        assert len(pairs_of(prefix, *nodes, solutions=solutions)) == pairs


def test_two_whole_solutions_are_no_step_pair() -> None:
    whole = (solved("It is 14."), solved("It is 9.", "incorrect"))
    assert not pairs_of(ending(1, 0, "It is 14.", "correct"), ending(2, 0, "It is 9.", "incorrect"), solutions=whole)


def test_steps_that_read_alike_are_no_pair() -> None:
    assert not pairs_of(counted(1, 0, "So 14.\n", 8, 8), counted(2, 0, "so  14\n", 0, 8))


def test_steps_of_different_actions_are_no_pair() -> None:
    steps = counted(1, 0, "a\n", 8, 8), counted(2, 0, "b\n", 0, 8, action="A3")
    assert not pairs_of(*steps)


GUIDED = (
    a_node(1, 0, "a\n", None, visits=8, reward=6.0, score=0.9),
    a_node(2, 0, "b\n", None, visits=8, reward=2.0, score=0.2),
    ending(3, 1, "It is 14.", "correct"),
    ending(4, 2, "It is 9.", "incorrect"),
)
OUTCOMES = solved("a\nIt is 14."), solved("b\nIt is 9.", "incorrect")


def guided(**fields: Any) -> list[dict[str, Any]]:
    """Return the tree of a search with `fields` of its two first steps replaced."""
    nodes = [dict(node) for node in GUIDED]
    for node, reward, score in zip(nodes[:2], (6.0, 2.0), (0.9, 0.2), strict=True):
        node |= {"visits": 8, "reward": reward, "score": score, **fields}
    return nodes


def test_means_of_a_search_are_values_where_outcomes_agree() -> None:
    [pair] = pairs_of(*guided(), solutions=OUTCOMES)
    assert (pair.by, pair.margin, pair.confidence) == (REWARD, 0.5, None)
    assert (pair.chosen_node, pair.rejected_node, pair.chosen_value.evidence) == (1, 2, 8)


def test_scores_are_values_where_no_search_has_backed_anything_up() -> None:
    [pair] = pairs_of(*guided(reward=None), solutions=OUTCOMES)
    assert pair.by == SCORE
    assert pair.margin == pytest.approx(0.7)


def test_an_opinion_that_outcomes_contradict_or_do_not_confirm_is_no_pair() -> None:
    right, wrong = solved("b\nIt is 14."), solved("a\nIt is 9.", "incorrect")
    assert not pairs_of(*guided(), solutions=(right, wrong))
    assert not pairs_of(*guided(), solutions=(OUTCOMES[0],))
    assert not pairs_of(*guided(), solutions=(OUTCOMES[1],))
    assert not pairs_of(*guided(), solutions=(*OUTCOMES, right))


def test_a_step_that_few_visits_have_come_to_has_no_value_of_a_search() -> None:
    assert not pairs_of(*guided(visits=3, score=None), solutions=OUTCOMES)


def test_rollouts_count_before_opinions() -> None:
    nodes = guided()
    for node, successes in zip(nodes[:2], (0, 8), strict=True):
        node |= {"trials": 8, "successes": successes}
    [pair] = pairs_of(*nodes, solutions=OUTCOMES)
    assert (pair.by, pair.chosen_node) == (ROLLOUTS, 2)


@pytest.mark.parametrize(("one", "other"), [((3, 4), (0, 4)), ((9, 11), (0, 2)), ((5, 9), (5, 9)), ((0, 3), (3, 3))])
def test_the_probability_is_that_of_beta_posteriors(one: tuple[int, int], other: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    drawn, others = (rng.beta(right + 1, trials - right + 1, 400_000) for right, trials in (one, other))
    values = (StepValue(value=right / trials, evidence=trials, successes=right) for right, trials in (one, other))
    assert probability_greater(*values) == pytest.approx(float((drawn > others).mean()), abs=0.005)
