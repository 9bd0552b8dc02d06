"""Solutions that are labelled, left alone or judged once when a question is topped up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.fakes import RIGHT, WRONG
from support.top_ups import (
    TEMPLATE,
    Scripted,
    by_text,
    done,
    made_by,
    questions,
    recipe,
    simulated_models,
)

from factory.checkers import llm_judge
from factory.errors import EngineFailed
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import begin, finished_row, work
from factory.records.record import Failure
from factory.search import explain_proof
from factory.supervision import omegaprm
from factory.types import Question


async def test_more_searches_are_not_spent_on_what_was_selected_before(monkeypatch):
    selected: list[str] = []
    select = omegaprm.Pool.select

    def noted(pool):
        pair = select(pool)
        selected.extend([pair[1].text] if pair else [])
        return pair

    monkeypatch.setattr(omegaprm.Pool, "select", noted)
    later = 0
    for question in questions(8):
        row = await done(recipe("omegaprm", n=8, k=4, searches=6), question, simulated_models())
        before = set(selected)
        assert before == {s["text"] for s in row["solutions"] if s["label_wishes"]}
        assert sum(node["selections"] for node in row["tree"]) == len(selected)
        again = await done(recipe("omegaprm", n=8, k=4, searches=9), question, simulated_models(), row)
        assert len(set(selected)) == len(selected) <= 9
        if again["cost"] != row["cost"]:  # else nothing was asked, and the row stays as it was
            assert sum(node["selections"] for node in again["tree"]) == len(selected)
        later += len(selected) - len(before)
        selected.clear()
    assert later


@pytest.mark.parametrize(
    ("labeller", "amount"), [("bayes_bisection", "max_probes"), ("math_shepherd", "k"), ("scan", "k")]
)
async def test_what_a_labellers_probes_came_upon_is_not_probed_itself(labeller, amount):
    for question in questions(4):
        row = await done(recipe(labeller), question, simulated_models())
        again = await done(recipe(labeller, **{amount: 100}), question, simulated_models(), row)
        assert not any(s["label_calls"] for s in again["solutions"] if s["method"] == "rollout")


async def test_a_text_that_a_probe_came_upon_first_is_labelled_like_any_sample_once_it_is_one():
    [question] = questions(1)
    used = recipe("math_shepherd", n=1, k=2)
    replies = iter([[f"a\nb\n{WRONG}"], [f"x\n{WRONG}", WRONG], [f"y\n{WRONG}"] * 2])
    row = await done(used, question, Scripted(lambda prefix, n: next(replies)))
    assert [s["method"] for s in row["solutions"]] == ["sample", "rollout", "rollout", "rollout"]
    models = Scripted(lambda prefix, n: [f"a\nx\n{WRONG}" if not prefix else f"z\n{WRONG}"] * n)
    again = by_text(await done(recipe("math_shepherd", n=2, k=2), question, models, row))
    found = again[f"a\nx\n{WRONG}"]
    assert (found["method"], found["occurrences"], found["probes"]) == ("sample", 1, 1)
    assert [prefix for prefix, _ in models.asked] == ["", "a\nx\n"]
    assert again[f"a\nb\n{WRONG}"] == row["solutions"][0]


async def test_no_more_solutions_are_looked_into_than_from_the_start():
    question = Question(text="What is 2 + 2?", gold="4")
    texts = iter(range(100))

    def reply(prefix: str, n: int) -> list[str]:
        return [f"{next(texts)}\n{WRONG}" for _ in range(n)]

    row = await done(recipe("scan", n=1, k=1, max_solutions=2), question, Scripted(reply))
    models = Scripted(reply)
    await done(recipe("scan", n=4, k=1, max_solutions=2), question, models, row)
    assert [n for prefix, n in models.asked] == [3, 1]


async def test_a_first_success_makes_the_wrong_solutions_worth_a_look_that_were_not_before():
    question = Question(text="What is 2 + 2?", gold="4")
    used = recipe(n=1, confidence=0.9)
    row = await done(used, question, Scripted(lambda prefix, n: [f"a\nb\nc\n{WRONG}"]))
    assert (row["cost"]["label_calls"], row["solutions"][0]["first_error"]) == (0, None)
    unsolved = Scripted(lambda prefix, n: [f"x\n{WRONG}"])
    still = await done(recipe(n=2, confidence=0.9), question, unsolved, row)
    assert (still["solutions"][0], len(unsolved.requests)) == (row["solutions"][0], 1)
    solved = Scripted(lambda prefix, n: [RIGHT if prefix in ("", "a\n") else f"y\n{WRONG}"] * n)
    again = await done(recipe(n=5, confidence=0.9), question, solved, row)
    assert again["solutions"][0]["first_error"] == 1


async def test_given_solutions_are_not_taken_in_twice():
    question = replace(questions(1)[0], given=(f"a\nb\n{WRONG}", f"a\n{RIGHT}"))
    row = await done(recipe(n=2), question, simulated_models())
    again = by_text(await done(recipe(n=4), question, simulated_models(), row))
    given = [again[text] for text in question.given]
    assert given == row["solutions"][:2]
    assert [(s["method"], s["occurrences"]) for s in given] == [("given", 1), ("given", 1)]


async def test_a_record_says_that_a_search_has_written_a_given_solution_too():
    question = replace(questions(1)[0], given=(RIGHT, f"a\n{RIGHT}"))
    row = await done(recipe("none", n=1), question, Scripted(lambda prefix, n: [RIGHT] * n))
    facts = ("method", "role", "occurrences", "independent", "model")
    assert [[one[name] for name in facts] for one in row["solutions"]] == [
        ["given", "policy", 2, None, None],
        ["given", None, 1, None, None],
    ]
    again = await done(recipe("none", n=2), question, Scripted(lambda prefix, n: [f"b\n{RIGHT}"] * n), row)
    assert again["solutions"][:2] == row["solutions"]
    later = await done(recipe("none", n=3), question, Scripted(lambda prefix, n: [f"a\n{RIGHT}"] * n), again)
    assert [one["role"] for one in later["solutions"]] == ["policy"] * 3


async def test_a_text_that_was_judged_by_a_model_is_not_judged_again():
    used = replace(recipe("scan", n=1), checker="llm_judge", checker_config=llm_judge.Config())
    question = Question(text="What is 2 + 2?", gold="4")
    row = await done(used, question, Scripted(lambda prefix, n: [RIGHT] * n))
    assert row["cost"]["judge_calls"] > 0
    more = replace(used, search_config=replace(used.search_config, n=3))
    again = await done(more, question, Scripted(lambda prefix, n: [RIGHT] * n), row)
    assert again["cost"]["judge_calls"] == row["cost"]["judge_calls"]
    assert by_text(again)[RIGHT]["occurrences"] == 3


async def test_a_search_without_amounts_is_not_run_again():
    question = Question(text="What is 2 + 2?", gold="4", given=(f"a\n{RIGHT}",))
    used = replace(recipe("scan"), search="explain_proof", search_config=explain_proof.Config(), template=TEMPLATE)
    models = simulated_models()
    row = await done(used, question, models)
    again = await done(replace(used, supervision_config=replace(used.supervision_config, k=20)), question, models, row)
    assert models.requests == []
    assert again == row | {"effort": again["effort"]}


async def test_a_top_up_that_fails_leaves_the_row_as_it_was():
    [question] = questions(1)
    row = await done(recipe(n=2), question, simulated_models())

    def dead(prefix: str, n: int) -> list[str]:
        raise EngineFailed("gone")

    attempt = begin(recipe(n=4), question, Scripted(dead), Experience(), row)
    with pytest.raises(EngineFailed):
        await work(recipe(n=4), attempt)
    failure = Failure(stage="generate", type="EngineFailed", message="gone")
    assert finished_row(attempt, made_by(recipe()), failure=failure) == row
