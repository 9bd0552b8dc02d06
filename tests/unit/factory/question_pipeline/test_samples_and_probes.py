"""Labellers' rollouts are no samples: pass@k and votes are those of a run that nobody has labelled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from support.fakes import RIGHT, WRONG, completion
from support.top_ups import LABELLERS, Scripted, done, made_by, on_disk, questions, recipe, simulated_models

from factory.evaluation.pass_at_k import Scores, score
from factory.question_pipeline.restored import restored
from factory.records.record import Resumption, question_row
from factory.records.validation import row_faults
from factory.rollouts.cost import Cost
from factory.rollouts.nodes import PROBE
from factory.rollouts.tree import Tree
from factory.search import best_of_n
from factory.search.best_of_n import Config
from factory.types import Outcome, Question, Step, Verdict

QUESTION = Question(text="What is 2 + 2?", gold="4")
KS = (1, 2, 3)


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_a_labelled_run_has_the_scores_of_the_same_run_without_labels(labeller: str) -> None:
    rows = {
        method: [await done(recipe(method, n=6), question, simulated_models(variants=1)) for question in questions(24)]
        for method in (labeller, "none")
    }
    assert score(rows[labeller], KS) == score(rows["none"], KS)
    probes = sum(one["probes"] for row in rows[labeller] for one in row["solutions"])
    assert probes > 0
    for row in rows[labeller]:
        came = sum(one["occurrences"] + one["probes"] for one in row["solutions"])
        assert came == sum(node["requested"] for node in row["tree"])


TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "a", "b"]), min_size=1, max_size=3)
GROWTH = st.lists(st.tuples(st.sampled_from(["sample", PROBE, "written"]), st.integers(0, 9), TEXTS), max_size=16)


@hypothesis.given(GROWTH)
@hypothesis.example([(PROBE, 0, ["a"]), ("written", 0, []), ("sample", 0, ["a"])])
@hypothesis.example([("sample", 0, ["a\n", "b"]), ("written", 0, []), (PROBE, 1, ["b"]), ("sample", 0, ["a\n", "b"])])
def test_labelling_never_changes_the_scores_of_the_samples_whatever_comes_when(growth: list[Any]) -> None:
    hypothesis.assume(any(method == "sample" for method, _, _ in growth))
    alone = [one for one in growth if one[0] != PROBE]
    assert scores_of(growth) == scores_of(alone)


def scores_of(growth: list[Any]) -> Scores:
    """Return the scores of a question whose solutions come in that order; "written" is a top-up from its record."""
    tree = Tree(QUESTION)
    for method, where, texts in growth:
        if method == "written":
            tree = restored(QUESTION, row_of(tree), {}).tree
        else:
            start = tree.nodes[where % len(tree.nodes)] if method == PROBE else tree.root
            steps = [Step(text=text, token_ids=(1,)) for text in texts]
            right = (start.text + "".join(texts)).rstrip().endswith("a")
            verdict = Verdict(outcome=Outcome.CORRECT if right else Outcome.INCORRECT, answer="4" if right else "5")
            tree.add(start, steps, verdict, finish_reason="stop", method=method)
    row = row_of(tree)
    assert not list(row_faults(row))
    return score([row], KS)


def row_of(tree: Tree) -> dict[str, Any]:
    """Return the record of a tree without labels, read back."""
    return on_disk(question_row(tree, {}, Cost(), made_by(recipe()), resumption=Resumption(effort={})))


async def test_a_top_up_votes_by_samples_and_not_by_where_a_labeller_looked() -> None:
    """Labellers look where the gold answer is missed, so their rollouts would vote with gold in mind."""
    wrong, right = f"a\n{WRONG}", f"b\n{RIGHT}"
    used = best_of(recipe("math_shepherd", k=3), n=3)
    row = await done(used, QUESTION, Scripted(lambda prefix, n: [right, right, wrong] if not prefix else [WRONG] * n))
    came = {one["text"]: (one["occurrences"], one["probes"], one["selected"]) for one in row["solutions"]}
    assert came == {right: (2, 0, True), wrong: (1, 3, False)}
    more = best_of(recipe("math_shepherd", k=3), n=4)
    again = await done(more, QUESTION, Scripted(lambda prefix, n: [right] * n), row)
    assert {one["text"]: one["score"] for one in again["solutions"]} == {right: 0.75, wrong: 0.25}


def best_of(used: Any, n: int) -> Any:
    """Return a recipe whose search is the majority of `n`."""
    return replace(used, search=best_of_n.METHOD, search_config=Config(n=n, select="majority"))


async def test_a_text_that_was_cut_off_in_a_sample_and_in_a_probe_goes_on_as_each_of_them() -> None:
    cut = completion("a\nmid", "length")
    tree = Tree(QUESTION)
    steps = [Step(text=text, token_ids=()) for text in ("a\n", "mid")]
    unread = Verdict(outcome=Outcome.UNPARSABLE)
    for method in ("sample", PROBE, PROBE):
        tree.add(tree.root, steps, unread, finish_reason=cut.finish_reason, method=method)
    used, more = recipe("none", n=1, max_tokens=16), recipe("none", n=1, max_tokens=99)
    row = on_disk(question_row(tree, {}, Cost(), made_by(used), resumption=Resumption(effort=used.effort)))
    models = Scripted(lambda prefix, n: [f"way\n{RIGHT}", f"night\n{RIGHT}"][:n])
    again = await done(more, QUESTION, models, row)
    assert models.asked == [("a\nmid", 1), ("a\nmid", 2)]
    seeds = {request.seed for request in models.requests}
    came = [(one["text"], one["method"], one["occurrences"], one["probes"]) for one in again["solutions"]]
    assert came == [(f"a\nmidway\n{RIGHT}", "sample", 1, 1), (f"a\nmidnight\n{RIGHT}", PROBE, 1, 0)]
    assert (len(seeds), again["cost"]["label_calls"], score([again]).samples) == (2, 2, 1)


async def test_a_record_of_an_earlier_schema_goes_on_with_the_counts_it_has() -> None:
    [question] = questions(1)
    row = await done(recipe("omegaprm", n=4), question, simulated_models(variants=1))
    old = [
        {key: value for key, value in one.items() if key != "probes"}
        | {"occurrences": one["occurrences"] + one["probes"]}
        for one in row["solutions"]
    ]
    earlier = {**row, "solutions": old, "schema_version": "5"}
    models = simulated_models(variants=1)
    again = await done(recipe("omegaprm", n=6), question, models, earlier)
    assert models.requests[0].n == 2
    assert not list(row_faults(again))
    counts = [sum(one["occurrences"] + (one.get("probes") or 0) for one in each["solutions"]) for each in (row, again)]
    assert counts[1] == counts[0] + models.rollouts
