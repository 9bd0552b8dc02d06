"""Rules of a row: whatever a labeller does passes, whatever none would do is named."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports.formats import written
from support.fakes import QUESTION, policy_for
from support.top_ups import LABELLERS, done, made_by, on_disk, questions, recipe, simulated_models
from support.validation import labelled

from factory.formats import math_aps, math_shepherd, prm800k
from factory.labelling.experience import Experience
from factory.records.record import question_row, to_batch
from factory.records.validation import row_faults
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.supervision import checked_steps
from factory.types import Outcome, PartVerdict, Step, Verdict

HOW = {"bayes_bisection": {"confidence": 0.6}, "math_shepherd": {"solutions": "all", "confidence": 0.0}}


def faults_of(row: Any) -> list[str]:
    return list(row_faults(row))


@pytest.mark.parametrize("cut", [0.0, 0.4])
@pytest.mark.parametrize("labeller", LABELLERS)
def test_no_labeller_breaks_the_rules(labeller, cut):
    for amounts in ({}, HOW.get(labeller, {"confidence": 0.0})):
        for row in labelled(labeller, n=8, cut=cut, **amounts):
            assert faults_of(row) == []


@pytest.mark.parametrize("labeller", LABELLERS)
def test_a_question_that_was_taken_up_again_breaks_no_rule(labeller):
    async def rows() -> list[dict[str, Any]]:
        models = simulated_models(cut=0.3)
        more = recipe(labeller, n=8, max_tokens=1024)
        return [await done(more, q, models, await done(recipe(labeller), q, models)) for q in questions(4)]

    assert [faults_of(row) for row in asyncio.run(rows())] == [[]] * 4


def test_given_solutions_break_no_rule():
    texts = [solution["text"] for solution in labelled(n=1)[0]["solutions"]][:4]
    asked = replace(questions(1)[0], given=tuple(texts))
    assert faults_of(asyncio.run(done(recipe("math_shepherd", solutions="all"), asked, simulated_models()))) == []


PARTS = st.lists(st.tuples(st.sampled_from(list(Outcome)), st.booleans()), max_size=4)


TEXTS = st.lists(st.sampled_from(["a.\n", "so\n", "```\n", "b. c.\n"]), max_size=4)


@given(TEXTS, st.sampled_from(list(Outcome)), PARTS)
def test_checked_steps_break_no_rule(texts, outcome, said):
    if outcome is Outcome.CORRECT:
        said = [(Outcome.CORRECT, placed) for _, placed in said]
    tree, text, at = Tree(QUESTION), "".join(texts), 0
    parts = []
    for part, placed in said:
        start = text.find(".", at) - 1
        placed = placed and start >= 0
        at = start + 2 if placed else at
        parts.append(PartVerdict(outcome=part, start=start if placed else None, end=at if placed else None))
    verdict = Verdict(outcome=outcome, parts=tuple(parts))
    steps = [Step(text=step, token_ids=(1,)) for step in texts]
    tree.add(tree.root, steps, verdict, finish_reason="stop", method="sample")
    policy = policy_for(lambda prefix, n: [])
    labels = asyncio.run(checked_steps.label(tree, policy, checked_steps.Config(), Random(0), Experience()))
    row = question_row(tree, labels, Cost(), made_by(recipe()), unit_id="u")
    assert faults_of(on_disk(row)) == []


RATED = [("one", 1), ("two", -1), ("three", 1), ("four", None)]
IMPORTS = {
    prm800k: {
        "question": {"problem": "1 + 1?", "ground_truth_answer": "2"},
        "label": {
            "finish_reason": "solution",
            "steps": [
                {"completions": [{"text": text, "rating": rating}], "human_completion": None, "chosen_completion": 0}
                for text, rating in RATED
            ],
        },
    },
    math_shepherd: {
        "input": "1 + 1? Step 1: two ки\nStep 2: three ки\nStep 3: two ки",
        "label": "1 + 1? Step 1: two -\nStep 2: three +\nStep 3: two -",
    },
    math_aps: {
        "question": "1 + 1?",
        "final_answer": "2",
        "reasoning_steps": [
            {"solution_prefix": "1 + 1?" + text, "mc_value": value}
            for text, value in [("", 0.5), ("a", 0.0), ("ab", 1.0)]
        ],
    },
}


@pytest.mark.parametrize("view", IMPORTS, ids=lambda view: view.NAME)
def test_what_others_labelled_may_be_right_again_behind_an_error(view):
    row = written(view.parse(json.dumps(IMPORTS[view]), "line 1"))
    assert any(step["label"] for solution in row["solutions"] for step in solution["steps"])
    assert faults_of({**row, "unit_id": "u"}) == []


def solution_with(row: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    return next(s for s in row["solutions"] if s["steps"] and all(s[key] == value for key, value in wanted.items()))


def right(row: dict[str, Any]) -> dict[str, Any]:
    return solution_with(row, verdict="correct", finish_reason="stop")


def wrong(row: dict[str, Any]) -> dict[str, Any]:
    return next(s for s in row["solutions"] if s["verdict"] == "incorrect" and (s["first_error"] or -1) > 0)


def relabelled(solution: dict[str, Any], *labels: int | None) -> None:
    for step, label in zip(solution["steps"], labels, strict=False):
        step.update(label=label, confidence=0.9)


def step(row: dict[str, Any]) -> dict[str, Any]:
    return right(row)["steps"][0]


HARMS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "more successes than trials": (lambda row: step(row).update(n_trials=1, n_successes=2), "2 successes in 1"),
    "negative counts": (lambda row: step(row).update(n_trials=-1, n_successes=-1), "successes in -1"),
    "no counts": (lambda row: step(row).update(n_trials=None), "expected numbers"),
    "a value that is no quotient": (
        lambda row: step(row).update(n_trials=4, n_successes=1, mc_value=0.5), "mc_value 0.5",
    ),
    "a value of nothing": (lambda row: step(row).update(n_trials=0, n_successes=0, mc_value=0.0), "mc_value 0.0"),
    "a label of 2": (lambda row: step(row).update(label=2), "label 2"),
    "a confidence of 1.5": (lambda row: step(row).update(confidence=1.5), "confidence 1.5"),
    "no number for a confidence": (lambda row: step(row).update(confidence=float("nan")), "confidence nan"),
    "a label on what was cut off": (lambda row: wrong(row).update(finish_reason="length"), "on a solution cut off"),
    "a label on what could not be judged": (lambda row: wrong(row).update(verdict="timeout"), "judged timeout"),
    "no such verdict": (lambda row: wrong(row).update(verdict="questions"), "verdict 'questions'"),
    "right behind wrong": (lambda row: relabelled(wrong(row), -1, 1, -1, -1, -1), "labelled 1 behind step 0"),
    "the end of a wrong solution right": (
        lambda row: (relabelled(wrong(row), 1, 1, 1, 1, 1), wrong(row).update(first_error=None)), "last step of",
    ),
    "a first error that is none": (lambda row: wrong(row).update(first_error=0), "expected the first step"),
    "a first error that is no step": (lambda row: wrong(row).update(first_error=99), "first_error 99"),
    "no first error in a wrong solution": (lambda row: wrong(row).update(first_error=-1), "first_error -1 of a wrong"),
    "wrong by nobody's evidence": (
        lambda row: [
            (step.update(n_trials=0, n_successes=0, mc_value=None), relabelled(right(row), 1, -1, -1, -1, -1))
            for step in right(row)["steps"]
        ],
        "without any rollouts",
    ),
    "a flaw of a wrong solution": (lambda row: wrong(row).update(flawed=True), "flawed True of a solution judged"),
    "a flaw nowhere": (lambda row: right(row).update(flawed=True, first_error=-1), "flawed True with first_error -1"),
    "sound by nobody's labels": (lambda row: right(row).update(flawed=False, first_error=None), "flawed False with"),
    "another text": (lambda row: right(row).update(text="another"), "the id of another text"),
    "steps that end elsewhere": (lambda row: right(row)["step_ends"].reverse(), "growing numbers"),
    "a tree node twice": (lambda row: row["tree"].append(row["tree"][-1]), "twice"),
    "a parent that comes later": (lambda row: row["tree"][1].update(parent=10_000), "parent 10000"),
    "a node with more successes": (lambda row: row["tree"][0].update(successes=1000), "1000 successes"),
    "a node asked more often than tried": (lambda row: row["tree"][0].update(asked=1000), "asked 1000"),
    "a negative cost": (lambda row: row["cost"].update(prompt_tokens=-1), "cost.prompt_tokens -1"),
    "nobody asked for its calls": (lambda row: row["cost"].update(roles=[]), "cost.roles of 0 calls"),
    "a role twice": (lambda row: row["cost"]["roles"].append(row["cost"]["roles"][0]), "each once"),
    "other money than its roles": (lambda row: row["cost"].update(money=5.0), "cost.money 5.0"),
    "negative tokens of a role": (lambda row: row["cost"]["roles"][0].update(calls=-1), "negative amounts"),
    "no money": (lambda row: row["cost"].update(money=None), "cost.money None"),
    "more label calls than calls": (lambda row: row["cost"].update(label_calls=10_000), "cost.label_calls 10000"),
    "a failure that is none": (lambda row: row.update(status="failed"), "without a failure"),
    "no such status": (lambda row: row.update(status="fine"), "status 'fine'"),
    "a schema to come": (lambda row: row.update(schema_version="9"), "schema_version '9'"),
    "no question": (lambda row: row.update(question=None), "question null"),
    "no solutions": (lambda row: row.update(solutions=None), "solutions null"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_what_no_labeller_does_is_named(harm):
    for original in labelled("math_shepherd", n=8, confidence=0.0):
        row = copy.deepcopy(original)
        change, expected = HARMS[harm]
        try:
            change(row)
        except StopIteration:  # this question has no such solution
            continue
        [back] = to_batch([row]).to_pylist()
        assert any(expected in fault for fault in faults_of(back)), faults_of(back)
        return
    pytest.fail("no question to harm")
