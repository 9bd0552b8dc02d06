"""More is asked for than when a question was done: only what that adds is asked of the model, and all else stays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st
from support.fakes import RIGHT, WRONG
from support.top_ups import (
    LABELLERS,
    attempted,
    by_text,
    done,
    made_by,
    on_disk,
    prefixes,
    questions,
    recipe,
    simulated_models,
)

from factory.question_pipeline.effort import lowered, raised
from factory.question_pipeline.recipe import finished_row
from factory.question_pipeline.restored import restored
from factory.records.tally import tally
from factory.rollouts.cost import Cost

LONG = tuple(f"{letter}: first\nthen {letter}\nand so on\n{RIGHT if letter in 'ac' else WRONG}" for letter in "abcd")


def test_effort_is_raised_or_lowered_by_key_and_what_was_not_known_is_neither():
    before, now = {"search.n": 4, "supervision.k": 8, "sampling.max_tokens": 64}, {"search.n": 8, "supervision.k": 2}
    assert raised(before, now | {"supervision.searches": 3}) == ["search.n"]
    assert lowered(before, now | {"supervision.searches": 3}) == ["supervision.k"]
    assert recipe("omegaprm", n=5).effort == {
        "sampling.max_tokens": 512,
        "search.n": 5,
        "supervision.k": 8,
        "supervision.searches": 8,
    }


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_nothing_is_asked_and_nothing_changes_where_nothing_is_raised(labeller):
    used, [question] = recipe(labeller), questions(1)
    row = await done(used, question, simulated_models(0.3))
    models = simulated_models()
    attempt = await attempted(used, question, models, row)
    assert (models.requests, attempt.changed) == ([], False)
    assert on_disk(finished_row(attempt, made_by(used, "other"), seconds=9.0)) == row


async def test_more_tokens_change_nothing_but_the_effort_where_nothing_was_cut_off():
    [question] = questions(1)
    row = await done(recipe(max_tokens=99), question, simulated_models())
    models = simulated_models()
    again = await done(recipe(max_tokens=100), question, models, row)
    assert models.requests == []
    assert again.pop("effort") != row.pop("effort")
    assert again == row


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_more_samples_are_just_those_and_what_was_there_stays_to_the_letter(labeller):
    for question in questions(6):
        row = await done(recipe(labeller, n=4), question, simulated_models())
        models = simulated_models()
        more = recipe(labeller, n=8)
        again = await done(more, question, models, row)
        assert models.requests[0].n == 4
        assert [request.prefix_text for request in models.requests].count("") >= 1
        before, now = by_text(row), by_text(again)
        assert list(now)[: len(before)] == list(before)
        for text, solution in before.items():
            known = row["tree"][0]["successes"] or solution["first_error"] is not None
            if known and solution["method"] == now[text]["method"]:
                assert now[text] == solution | {name: now[text][name] for name in ("occurrences", "probes")}
        root, root_before = again["tree"][0], row["tree"][0]
        assert (root_before["searched"], root["searched"]) == (4, 8)
        assert again["effort"] == [("sampling.max_tokens", 512), ("search.n", 8), *row["effort"][2:]]


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_costs_add_up(labeller):
    for question in questions(4):
        row = await done(recipe(labeller, n=4), question, simulated_models())
        models = simulated_models()
        again = await done(recipe(labeller, n=8), question, models, row)
        assert again["cost"]["policy_calls"] == row["cost"]["policy_calls"] + models.rollouts
        assert again["cost"]["label_calls"] == row["cost"]["label_calls"] + models.rollouts - 4
        assert again["cost"]["seconds"] == row["cost"]["seconds"] + 1.0
        counted = tally([again])
        assert counted.solutions == len(again["solutions"])
        assert counted.policy_calls == again["tree"][0]["searched"] + counted.label_calls
        assert counted.label_calls == sum(node["requested"] for node in again["tree"]) - 8
        paid = sum(solution["label_calls"] for solution in again["solutions"])
        assert paid <= counted.label_calls if labeller == "omegaprm" else paid == counted.label_calls


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_the_same_top_up_gives_the_same_row_and_new_samples(labeller):
    [question] = questions(1)
    row = await done(recipe(labeller, n=4), question, simulated_models())
    models = simulated_models()
    once = await done(recipe(labeller, n=8), question, models, row)
    assert await done(recipe(labeller, n=8), question, simulated_models(), row) == once
    first = simulated_models()
    await done(recipe(labeller, n=4), question, first)
    assert models.requests[0].seed != first.requests[0].seed


@pytest.mark.parametrize("labeller", ["math_shepherd", "omegaprm", "scan"])
async def test_more_rollouts_per_prefix_are_those_that_it_lacks(labeller):
    added = 0
    for question in questions(6):
        row = await done(recipe(labeller, k=4), question, simulated_models())
        again = await done(recipe(labeller, k=8), question, simulated_models(), row)
        before, now = prefixes(row), prefixes(again)
        for text, node in before.items():
            asked = now[text]["requested"] - node["requested"]
            assert asked <= max(0, 8 - max(node["trials"], node["requested"]))
            added += asked
        assert by_text(row).keys() <= by_text(again).keys()
        if labeller != "omegaprm":  # which probes the bare question on nobody's account
            assert sum(s["label_calls"] for s in again["solutions"]) == again["cost"]["label_calls"]
        if labeller == "math_shepherd":
            wrong = [s for s in again["solutions"] if s["verdict"] == "incorrect" and s["method"] == "sample"]
            assert all(step["n_trials"] >= 8 for s in wrong for step in s["steps"][:-1])
    assert added


async def test_more_probes_are_no_more_than_that_for_each_solution():
    asked = 0
    for question in questions(12):
        row = await done(recipe(max_probes=2, confidence=0.999), question, simulated_models())
        again = await done(recipe(max_probes=5, confidence=0.999), question, simulated_models(), row)
        for text, solution in by_text(again).items():
            before = by_text(row).get(text, {"label_calls": 0, "label_wishes": None})
            assert solution["label_calls"] - before["label_calls"] <= 5 - (before["label_wishes"] or 0)
            assert (solution["label_wishes"] or 0) <= 5
            asked += solution["label_calls"] - before["label_calls"]
    assert asked


async def test_what_was_bisected_is_bisected_again_with_more_rollouts_though_all_searches_are_used_up():
    added = 0
    for question in questions(6):
        row = await done(recipe("omegaprm", k=4, searches=1), question, simulated_models())
        again = await done(recipe("omegaprm", k=8, searches=1), question, simulated_models(), row)
        bisected = [text for text, solution in by_text(row).items() if solution["label_wishes"]]
        visits, before = (sum(node["selections"] for node in found["tree"]) for found in (again, row))
        if before:
            assert visits == before == 1
            added += sum(by_text(again)[text]["label_calls"] - by_text(row)[text]["label_calls"] for text in bisected)
    assert added


async def test_more_searches_are_those_beyond_the_ones_already_made():
    made = 0
    for question in questions(8):
        row = await done(recipe("omegaprm", k=2, searches=1), question, simulated_models())
        again = await done(recipe("omegaprm", k=2, searches=3), question, simulated_models(), row)
        visits, before = (sum(node["selections"] for node in found["tree"]) for found in (again, row))
        assert before <= 1
        assert before <= visits <= 3
        made += visits - before
    assert made


@pytest.mark.parametrize("labeller", LABELLERS)
@hypothesis.given(seed=st.integers(0, 10**6), more_labels=st.booleans())
@hypothesis.settings(max_examples=hypothesis.settings.default.max_examples // 10)
async def test_whatever_is_raised_every_rollout_is_paid_once_and_hangs_somewhere(labeller, seed, more_labels):
    [question] = questions(1)
    amount = "max_probes" if labeller == "bayes_bisection" else "k"
    used = replace(recipe(labeller, n=3, **{amount: 3}), seed=seed)
    more = replace(recipe(labeller, n=5, max_tokens=900, **{amount: 3 + 2 * more_labels}), seed=seed)
    row = await done(used, question, simulated_models(0.3))
    models = simulated_models(0.1)
    again = await done(more, question, models, row)
    assert again["cost"]["policy_calls"] == row["cost"]["policy_calls"] + models.rollouts
    assert sum(node["requested"] for node in again["tree"]) == sum(
        s["occurrences"] + s["probes"] for s in again["solutions"]
    )
    assert len({s["solution_id"] for s in again["solutions"]}) == len(again["solutions"])
    for solution in restored(question, again, more.effort).tree.solutions:
        assert all(0 <= hits <= trials for trials, hits in solution.evidence())


async def test_a_question_may_be_topped_up_again_and_again():
    [question] = questions(1)
    row = await done(recipe("omegaprm", n=2, k=2), question, simulated_models(0.2))
    for n, k in ((4, 2), (4, 4), (6, 8)):
        row = await done(recipe("omegaprm", n=n, k=k, searches=2 * n), question, simulated_models(0.2), row)
        assert row["tree"][0]["searched"] == n
        requested = sum(node["requested"] for node in row["tree"])
        assert row["cost"]["policy_calls"] == requested
    assert Cost(**{key: row["cost"][key] for key in ("policy_calls", "label_calls")}).label_calls == requested - 6


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_labels_of_a_topped_up_question_are_as_good_as_from_the_start(labeller):
    """Exactly as good where they locate a first error. They do so less often (by a quarter at most, in longer trials):
    labels that stand know nothing of the rollouts since."""
    right: Counter[str] = Counter()
    located: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    config = {"steps": 4, "p": 0.85, "r": 0.0, "variants": 50}
    for question in questions(12):
        half = await done(recipe(labeller, n=4), question, simulated_models(**config))
        rows = {
            "topped up": await done(recipe(labeller, n=8), question, simulated_models(**config), half),
            "from the start": await done(recipe(labeller, n=8), question, simulated_models(**config)),
        }
        for name, row in rows.items():
            for solution in row["solutions"]:
                if solution["method"] == "sample" and solution["verdict"] == "incorrect":
                    planted = next(i for i, step in enumerate(solution["steps"]) if " slips " in step["text"])
                    wrong[name] += 1
                    located[name] += solution["first_error"] is not None
                    right[name] += solution["first_error"] == planted
    shares = {name: (located[name] / wrong[name], right[name] / located[name]) for name in wrong}
    (located_now, exact_now), (located_then, exact_then) = shares["topped up"], shares["from the start"]
    assert exact_now >= exact_then - 0.02
    assert located_now >= 0.6 * located_then
