"""Rows that stand on their own: what was asked, all that came back, what it cost."""

from __future__ import annotations

from random import Random

import pyarrow as pa
from support.fakes import RIGHT, WRONG, policy_for

from factory.export.flat_rows import known_steps
from factory.formats import jsonl, prm, sft
from factory.labelling.experience import Experience
from factory.records.record import SCHEMA, Failure, Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.records.validation import solution_faults
from factory.rollouts.cost import Cost
from factory.rollouts.steps import steps_of_text
from factory.rollouts.tree import Tree
from factory.supervision import fused
from factory.supervision.omegaprm import Config, label
from factory.types import Outcome, PartVerdict, Question, Sampling, Step, Verdict

MADE_BY = Provenance(
    run_id="r",
    engine="scripted",
    model="m",
    model_revision="1",
    prompt_id="p",
    checker="math/1",
    checker_policy="p",
    labeller="omegaprm",
    sampling=Sampling(stop=("Q:",)),
)


async def labelled_row():
    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [f"s1\ns2\ns3\n{WRONG}", "no idea", *[f"t1\n{RIGHT}"] * (n - 2)]
        return [f"y{i}\n{RIGHT if prefix.count(chr(10)) <= 2 else WRONG}" for i in range(n)]

    policy = policy_for(reply)
    labels = await label(policy.tree, policy, Config(k=8, searches=1), Random(0), Experience())
    return question_row(policy.tree, labels, policy.cost, MADE_BY, unit_id="u", seconds=1.5)


async def test_a_row_fits_the_schema_and_comes_back_the_same():
    row = await labelled_row()
    batch = to_batch([row])
    assert batch.schema.equals(SCHEMA)
    back = pa.Table.from_batches([batch]).to_pylist()[0]
    assert back["solutions"][0]["steps"][1]["n_trials"] == 8
    assert [s["text"] for s in back["solutions"]] == [s["text"] for s in row["solutions"]]


async def test_every_solution_names_what_made_it():
    for solution in (await labelled_row())["solutions"]:
        assert (solution["engine"], solution["model"], solution["prompt_id"]) == ("scripted", "m", "p")
        assert solution["checker"] == "math/1"
        assert solution["sampling"]["stop"] == ("Q:",)


async def test_a_text_that_a_search_has_put_together_does_not_begin_within_a_thought():
    policy = policy_for(lambda prefix, n: [RIGHT])
    policy.tree.begun = True
    verdict = await policy.check(RIGHT, given=True)
    policy.tree.adopt(steps_of_text(RIGHT, "newline"), verdict, method="explain_proof", finish_reason="stop")
    [put_together] = question_row(policy.tree, {}, policy.cost, MADE_BY, unit_id="u", seconds=1.5)["solutions"]
    assert (put_together["verdict"], put_together["text"]) == ("correct", RIGHT)


async def test_solution_ids_are_unique_within_a_row():
    ids = [solution["solution_id"] for solution in (await labelled_row())["solutions"]]
    assert len(set(ids)) == len(ids)


async def test_one_prefix_has_one_value_everywhere_in_a_row():
    values: dict[str, set] = {}
    for solution in (await labelled_row())["solutions"]:
        prefix = ""
        for step in solution["steps"][:-1]:
            prefix += step["text"] + "\n"
            values.setdefault(prefix, set()).add((step["n_trials"], step["n_successes"]))
    assert values
    assert all(len(counts) == 1 for counts in values.values())


async def test_tree_rows_name_parents_that_are_there():
    nodes = (await labelled_row())["tree"]
    seen = {None}
    for node in nodes:
        assert node["parent"] in seen
        seen.add(node["node"])


async def test_a_failed_question_keeps_what_was_found_and_says_why():
    policy = policy_for(lambda prefix, n: [RIGHT] * n)
    await policy.rollouts(policy.tree.root, 2)
    failure = Failure(stage="generate", type="EngineFailed", message="gone", attempts=4)
    row = question_row(policy.tree, {}, policy.cost, MADE_BY, failure=failure)
    back = to_batch([row]).to_pylist()[0]
    assert back["status"] == "failed"
    assert back["failure"] == {"stage": "generate", "type": "EngineFailed", "message": "gone", "attempts": 4}
    assert len(back["solutions"]) == 1


async def test_the_tally_counts_what_the_row_holds():
    counted = tally([await labelled_row()])
    assert counted.questions == 1
    assert counted.unparsable == 1
    assert counted.first_errors >= 1
    assert counted.labels_wrong >= 2
    assert counted.policy_calls == 8 + 8 + 8  # the question, then two probed prefixes


async def test_sft_takes_correct_solutions_only():
    row = await labelled_row()
    texts = [view["messages"][1]["content"] for view in sft.rows(row)]
    assert texts
    assert all(text.endswith(RIGHT) for text in texts)


async def test_prm_ends_at_the_first_error():
    views = list(prm.rows(await labelled_row()))
    wrong = next(view for view in views if False in view["labels"] and view["completions"][0] == "s1")
    assert wrong["completions"] == ["s1", "s2", "s3"]
    assert wrong["labels"] == [True, True, False]


def test_prm_leaves_out_what_follows_an_unlabelled_step():
    steps = [{"label": 1}, {"label": None}, {"label": -1}]
    assert known_steps({"verdict": "correct", "finish_reason": "stop", "steps": steps}) == [{"label": 1}]


async def test_jsonl_is_the_record_as_json():
    import json

    [row] = jsonl.rows(to_batch([await labelled_row()]).to_pylist()[0])
    assert json.loads(json.dumps(row))["question"] == "What is 2 + 2?"


async def test_a_given_solution_names_nobody_who_made_it_and_is_counted_like_others():
    policy = policy_for(lambda prefix, n: [RIGHT] * n)
    await policy.adopt(f"a\n{WRONG}")
    await policy.rollouts(policy.tree.root, 2)
    row = question_row(policy.tree, {}, policy.cost, MADE_BY)
    given, sampled = to_batch([row]).to_pylist()[0]["solutions"]
    assert (given["method"], given["finish_reason"], given["verdict"]) == ("given", "given", "incorrect")
    for name in ("engine", "model", "model_revision", "prompt_id", "sampling", "prompt_tokens", "completion_tokens"):
        assert given[name] is None
        assert sampled[name] is not None
    assert given["checker"] == "math/1"
    counted = tally([row])
    assert (counted.solutions, counted.correct, counted.incorrect, counted.policy_calls) == (2, 1, 1, 2)


def test_indentation_that_a_token_took_to_the_line_before_goes_back_to_its_line():
    tree = Tree(Question(text="q", gold="g"))
    steps = [Step(text=text, token_ids=(1,)) for text in ("def f(x):\n   ", " if x:\n       ", " return 1\n", "done  ")]
    tree.add(tree.root, steps, Verdict(outcome=Outcome.CORRECT), finish_reason="stop", method="sample")
    [solution] = question_row(tree, {}, Cost(), MADE_BY)["solutions"]
    assert [step["text"] for step in solution["steps"]] == ["def f(x):", "    if x:", "        return 1", "done"]


def test_partial_verdicts_and_the_checkers_policy_are_kept():
    tree = Tree(Question(text="q", gold="g"))
    verdict = Verdict(
        outcome=Outcome.INCORRECT,
        parts=(PartVerdict(outcome=Outcome.CORRECT, start=1, end=4), PartVerdict(outcome=Outcome.ERROR, note="n")),
    )
    tree.add(tree.root, [Step(text="x", token_ids=(1,))], verdict, finish_reason="stop", method="sample")
    row = question_row(tree, {}, Cost(), MADE_BY)
    [solution] = pa.Table.from_batches([to_batch([row])]).to_pylist()[0]["solutions"]
    assert solution["verdict_parts"] == [
        {"outcome": "correct", "start": 1, "end": 4, "note": ""},
        {"outcome": "error", "start": None, "end": None, "note": "n"},
    ]
    assert solution["checker_policy"] == "p"


async def test_a_right_answer_with_a_wrong_equation_is_flawed_in_its_row_and_no_text_to_learn():
    # Nine of ten samples are right, one of these by two slips; the wrong one has a single step.
    flawed = f"2 + 3 = 6.\n6 - 2 = 4.\n{RIGHT}"
    policy = policy_for(lambda prefix, n: [flawed, *[f"{i} + 1 = {i + 1}.\n{RIGHT}" for i in range(n - 2)], WRONG])
    await policy.rollouts(policy.tree.root, 10, method="sample")
    config = fused.Config(confidence=0.8, max_probes=0, audit_correct="all")
    labels = await fused.label(policy.tree, policy, config, Random(0), Experience())
    row = question_row(policy.tree, labels, policy.cost, MADE_BY, unit_id="u")
    [marked] = [solution for solution in row["solutions"] if solution["flawed"]]
    assert marked["text"] == flawed
    assert [opinion["first_error"] for opinion in marked["opinions"]] == [0]
    counts = tally([row])
    assert (counts.flawed, counts.processes["right"]["flawed"], counts.processes["wrong"]["flawed"]) == (1, 1, 1)
    back = pa.Table.from_batches([to_batch([row])]).to_pylist()[0]
    assert [fault for solution in back["solutions"] for fault in solution_faults(solution)] == []
    assert flawed not in [line["messages"][-1]["content"] for line in sft.rows(back)]
