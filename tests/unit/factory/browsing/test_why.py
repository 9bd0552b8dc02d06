"""Reasons in plain words: why a step is called the first wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from support.records import a_solution
from support.seeing.viewed_run import HOSTILE, a_critique, a_problem, an_opinion, special_records

from factory.browsing.prefixes import Prefixes
from factory.browsing.shown import TEXT, plain, shown
from factory.browsing.verdict import verdict_in_words
from factory.browsing.why import evidence, meaning, reasons


def wrong(**fields: Any) -> dict[str, Any]:
    """Return a wrong solution whose second step is its first wrong one."""
    solution = a_solution(
        [("Six bags.", 1), ("6 * 7 = 36.", -1), ("So 36.", -1)], "incorrect", final_answer="36", **fields
    )
    for step, (n, k) in zip(solution["steps"], [(12, 9), (11, 2), (0, 0)], strict=True):
        step |= {"n_trials": n, "n_successes": k, "confidence": 0.975}
    return solution


def test_rollouts_equations_and_critics_are_named() -> None:
    assert reasons(wrong(opinions=[an_opinion("prm", 2), an_opinion("critic", 1)]), None) == [
        "2 of 11 rollouts from here reached the answer; 9 of 12 from the step before.",
        "The equation 6 * 7 = 36 is wrong.",
        "critic says step 2.",
        "prm says step 3.",
        "98 % sure that the solution is wrong from here on: an estimate (omegaprm) from the rollouts at all its steps "
        "and from what the run knows of this model elsewhere.",
    ]


def test_the_first_step_is_held_against_the_bare_question() -> None:
    solution = wrong(first_error=0)
    assert reasons(solution, {"trials": 13, "successes": 10})[0] == (
        "9 of 12 rollouts from here reached the answer; 10 of 13 from the bare question."
    )


def test_another_completer_is_named() -> None:
    assert "rollouts of teacher from here" in reasons(wrong(completer="teacher"), None)[0]


def test_votes_of_a_critic_are_counted() -> None:
    votes = [a_critique("critic", "…", step) for step in (1, 1, 2)]
    assert "critic says step 2 (2 of its 3 votes)." in reasons(
        wrong(opinions=[an_opinion("critic", 1)], critiques=votes), None
    )


def test_a_wrong_equation_further_ahead_is_told() -> None:
    solution = wrong(first_error=2)
    assert "Step 2 has a wrong equation, too: 6 * 7 = 36." in reasons(solution, None)


def test_equations_that_hold_are_told_as_a_doubt() -> None:
    solution = wrong()
    solution["steps"][1]["text"] = "6 * 7 = 42."
    assert any(one.startswith("Its equation holds: what is wrong is another thing") for one in reasons(solution, None))


def test_an_answer_that_is_wrong_behind_right_steps_needs_no_rollouts() -> None:
    solution = wrong(first_error=2)
    assert reasons(solution, None)[:3] == [
        "It is the last step, and its answer is not the gold answer.",
        "2 of 11 rollouts from the step before still reached it.",
        "Less sure is that all steps before it are right: of the least sure one it is 98 %.",
    ]
    assert meaning(solution).startswith("That the steps before are right comes from rollouts")
    solution["steps"] = solution["steps"][2:]
    assert reasons(solution | {"first_error": 0}, None) == [
        "It is the only step, and its answer is not the gold answer."
    ]
    assert meaning(solution | {"first_error": 0}) == ""


def test_a_checker_names_the_part_that_it_refuses() -> None:
    parts = [{"outcome": "correct", "note": ""}, {"outcome": "incorrect", "note": "No such lemma."}]
    solution = a_solution([("intro.", 1), ("apply x.", -1)], "incorrect", labeller="checked_steps", verdict_parts=parts)
    for step in solution["steps"]:
        step |= {"n_trials": None, "n_successes": None}
    assert reasons(solution, None)[0] == "The checker refuses part 2 (incorrect): “No such lemma.”."


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"contradicted": True}, "contradicts every first error"),
        ({"labeller": None}, "Nobody has looked"),
        ({"verdict": "unparsable"}, "not judged right or wrong"),
        ({"finish_reason": "length"}, "cut off"),
        ({"flawed": True, "verdict": "correct"}, "cannot tell at which"),
        ({}, "too thin"),
        ({"steps": []}, "too thin"),
    ],
)
def test_why_no_step_is_called_wrong(fields: dict[str, Any], words: str) -> None:
    assert words in reasons(wrong() | {"first_error": None} | fields, None)[0]


def test_it_is_said_between_which_steps_an_error_lies_and_which_equation_is_wrong() -> None:
    solution = wrong(first_error=None)
    for step, label in zip(solution["steps"], (1, None, -1), strict=True):
        step["label"] = label
    assert reasons(solution, None)[:2] == [
        "It is wrong by step 3 at the latest; the first wrong step is one of steps 2 to 3, but the evidence is too "
        "thin to say which.",
        "The equation 6 * 7 = 36 in step 2 is wrong.",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "from rollouts, not from reading"),
        ({"opinions": [an_opinion("critic", 1), an_opinion("equations", 1)]}, "weigh in critic and the arithmetic"),
        ({"labeller": None}, "came with the data"),
        ({"labeller": "checked_steps"}, "the checker itself refuses"),
        ({"steps": [{"text": "a", "label": None}]}, ""),
        ({"steps": [{"text": "a", "label": -1}], "opinions": [an_opinion("prm", 0)]}, "rest on prm: no rollouts"),
    ],
)
def test_what_wrong_means_is_said_by_what_labels_rest_on(fields: dict[str, Any], words: str) -> None:
    said = meaning(wrong() | fields)
    assert words in said
    assert bool(said) == bool(words)


@pytest.mark.parametrize(
    ("flawed", "words"), [(False, "audit of its steps has seen no error"), (None, "Nobody has audited")]
)
def test_right_solutions_say_whether_they_were_audited(flawed: bool | None, words: str) -> None:
    assert words in reasons(a_solution([("a", 1)], flawed=flawed), None)[0]


def test_a_flawed_right_answer_is_told() -> None:
    assert any(
        "The answer is right all the same" in one for one in reasons(wrong(flawed=True) | {"verdict": "correct"}, None)
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "It answers “36”, which is wrong: the gold answer is “42”."),
        ({"verdict": "correct"}, "which is right"),
        ({"verdict": "unparsable", "final_answer": None}, "It states no answer (unparsable)"),
        ({"verdict": "timeout"}, "took too long to check"),
        ({"verdict": None}, "nobody has judged it"),
        ({"finish_reason": "length"}, "was cut off"),
        ({"verdict_reason": "two answers"}, "The checker says: “two answers”."),
        ({"verdict_reason": "exact values compared", "verdict": "correct"}, "They are equal as exact values."),
    ],
)
def test_verdicts_in_words(fields: dict[str, Any], words: str) -> None:
    assert words in verdict_in_words(wrong() | fields, "42")


def test_a_first_error_behind_the_last_step_is_no_crash() -> None:
    assert "does not have" in reasons(wrong(first_error=9), None)[0]


def test_steps_have_their_evidence_in_short() -> None:
    steps = wrong()["steps"]
    assert [evidence(steps, index, None) for index in range(3)] == [
        "9 of 12 from here",
        "2 of 11 from here, 9 of 12 before",
        "",
    ]


def test_solutions_share_the_prefixes_of_which_their_texts_are_the_same() -> None:
    prefixes = Prefixes()
    a, b, c = (
        prefixes.of_steps([{"text": text} for text in texts])
        for texts in (("x", "y", "z"), ("x ", "y\n", "w"), ("y", "x"))
    )
    assert [left == right for left, right in zip(a, b, strict=True)] == [True, True, False]
    assert not set(a) & set(c)


def test_steps_and_nodes_share_their_prefixes() -> None:
    record = shown(a_problem(0))
    nodes = {node["text"].strip(): node["prefix"] for node in record["tree"]}
    for solution in record["solutions"]:
        for step in solution["steps"]:
            assert nodes.get(step["text"].strip(), step["prefix"]) == step["prefix"]


def test_a_node_whose_parent_is_missing_is_no_crash() -> None:
    assert Prefixes().of_nodes([{"node": 3, "parent": 9, "text": "a"}, {"node": 4, "parent": 3, "text": None}]) == [
        1,
        1,
    ]


def test_a_record_of_any_kind_is_shown_and_bounded() -> None:
    for record in special_records():
        made = shown(record)
        assert len(str(made)) < 200_000
        assert {"why", "opinions", "answer_in_words"} <= set(made["solutions"][0]) if made["solutions"] else True
        assert plain(record)["question"] == record["question"]


def test_long_texts_say_how_much_is_left_out() -> None:
    record = a_problem(0) | {"question": "x" * (TEXT + 5)}
    assert shown(record)["question"].endswith(" … (5 characters more)")


def test_a_record_of_an_early_schema_is_shown() -> None:
    record = a_problem(0)
    new = ("opinions", "critiques", "role", "flawed", "reasoning", "selected", "score", "verdict_parts", "completer")
    for solution in record["solutions"]:
        for name in new:
            solution.pop(name, None)
    record["tree"] = [
        {name: node[name] for name in ("node", "parent", "text", "trials", "successes")} for node in record["tree"]
    ]
    assert shown(record)["solutions"][0]["opinions"] == []


def test_hostile_texts_are_data() -> None:
    [hostile] = [record for record in special_records() if record["question"].startswith("Hostile")]
    assert shown(hostile)["solutions"][0]["steps"][0]["text"] == HOSTILE[0]
