"""Configs are checked before anything starts; what is wrong is said in one line."""

from __future__ import annotations

import pytest

from factory.errors import BadInput
from pipelines.planning.survey import Survey, as_before, judged_by, surveyed, usable
from pipelines.run.settings import dump, from_mapping, load, parse


def settings(**sections):
    base = {
        "engine": {"kind": "simulated"},
        "source": {"kind": "simulated", "n": 5},
        "prompt": {"template": "zero_shot_cot"},
    }
    return from_mapping({**base, **sections})


def test_the_packaged_config_loads_by_path_and_by_name():
    assert load("pipelines/label_steps.yaml").plain == load("label_steps").plain


def test_overrides_win():
    assert load("label_steps", ["source.n=7", "sampling.temperature=0.1"]).source.config.n == 7


def test_another_plugin_starts_from_its_own_defaults():
    changed = load("label_steps", ["source.kind=jsonl", "source.path=q.jsonl"])
    assert changed.source.name == "jsonl"
    assert changed.source.config.path == "q.jsonl"


def test_naming_the_same_plugin_keeps_the_values_of_the_file():
    assert load("label_steps", ["source.kind=procedural"]).plain == load("label_steps").plain


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("sampling.temprature=1", "temperature"),
        ("smapling.temperature=1", "sampling"),
        ("source.levls=[add]", "levels"),
        ("supervision.method=omegapm", "omegaprm"),
        ("engine.kind=vlm", "vllm"),
        ("supervision.confidnce=0.9", "confidence"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(override, hint):
    with pytest.raises(BadInput, match=hint):
        load("label_steps", [override])


@pytest.mark.parametrize(
    "override",
    [
        "source.n=many",
        "cluster.workers=-1",
        "cluster.quorum=0",
        "cluster.quorum=1.1",
        "cluster.engine_deaths=0",
        "cluster.engine_window_s=0",
        "cluster.drain_s=-1",
        "cluster.fetch_timeout_s=0",
        "sampling.temperature=-1",
        "sampling.top_p=0",
        "sampling.min_p=2",
        "sampling.presence_penalty=3",
        "sampling.frequency_penalty=-3",
        "sampling.repetition_penalty=0",
        "sampling.thinking_token_budget=-1",
        "steps.of=thoughts",
        "steps.max_steps=1",
        "steps.min_tokens=-1",
        "run.unit_size=0",
        "sampling=3",
        "nothing",
        "=3",
        "source.n=${nowhere}",
    ],
)
def test_a_bad_value_is_one_line(override):
    with pytest.raises(BadInput) as caught:
        load("label_steps", [override])
    assert "\n" not in str(caught.value)


def test_a_later_pass_rejects_whom_the_first_rejected_without_judging_again(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"question": "a", "answer": "1"}\n{"question": "b", "answer": ""}\n')
    ours = settings(source={"kind": "jsonl", "path": str(tmp_path / "q.jsonl")})
    first = surveyed_whole(ours)
    assert surveyed_whole(ours, as_before(first)) == first


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
def test_a_file_that_is_no_config_is_refused(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(BadInput):
        load(tmp_path / "c.yaml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no config file"):
        load(tmp_path / "none.yaml")


def test_a_saved_config_loads_to_the_same_settings():
    before = settings()
    after = parse(dump(before), "config.yaml")
    assert after.plain == before.plain
    assert after.fingerprint == before.fingerprint


def test_the_fingerprint_covers_what_decides_the_records_only():
    base = settings().fingerprint
    assert settings(cluster={"workers": 9}).fingerprint == base
    assert settings(run={"dir": "elsewhere"}).fingerprint == base
    assert settings(run={"seed": 1}).fingerprint != base
    assert settings(sampling={"temperature": 0.1}).fingerprint != base
    assert settings(storage={"endpoint_url": "http://elsewhere:1"}).fingerprint == base


def test_how_much_is_asked_for_is_no_part_of_what_a_run_is():
    base = settings().fingerprint
    assert settings(sampling={"max_tokens": 9}).fingerprint == base
    assert settings(search={"n": 99}).fingerprint == base


def test_prompt_stops_come_before_own_ones():
    assert settings(sampling={"stop": ["X"]}).sampling_with(["Q:"]).stop == ("Q:", "X")


@judged_by
def judge_all(items):
    from factory.checkers import math_answer

    return [math_answer.check(question, text, math_answer.Config()) for question, text in items]


def surveyed_whole(ours, screen=judge_all):
    found = Survey()
    assert len(list(surveyed(ours, screen, found))) == found.questions
    return found


def test_the_survey_counts_doubles_and_golds_that_do_not_verify(tmp_path):
    lines = [
        '{"question": "a", "answer": "1"}',
        '{"question": "a", "answer": "1"}',
        '{"question": "b", "answer": "2"}',
        '{"question": "c", "answer": ""}',
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(lines) + "\n")
    found = surveyed_whole(settings(source={"kind": "jsonl", "path": str(tmp_path / "q.jsonl")}))
    assert (found.questions, found.duplicates, len(found.bad_golds)) == (2, 1, 1)


def test_a_later_pass_over_the_source_sees_the_same_questions(tmp_path):
    lines = [f'{{"question": "{name}", "answer": "1"}}\n' for name in "abacbad"]
    (tmp_path / "q.jsonl").write_text("".join(lines))
    ours = settings(source={"kind": "jsonl", "path": str(tmp_path / "q.jsonl")})
    first = surveyed_whole(ours)
    assert (first.questions, first.duplicates, list(first.rows.dropped)) == (4, 3, [2, 4, 5])
    assert [question.text for question in usable(ours, as_before(first))] == ["a", "b", "c", "d"]


def test_a_question_that_comes_again_with_other_solutions_is_no_double(tmp_path):
    lines = [f'{{"question": "{q}", "answer": "1", "solution": "{s}"}}\n' for q, s in ["ax", "ay", "bx", "az", "bx"]]
    (tmp_path / "q.jsonl").write_text("".join(lines))
    source = {"kind": "jsonl", "path": str(tmp_path / "q.jsonl"), "solution_column": "solution"}
    found = surveyed_whole(settings(source=source))
    assert (found.questions, found.duplicates) == (3, 1)
    (tmp_path / "q.jsonl").write_text("".join(lines).replace("z", "w"))
    assert surveyed_whole(settings(source=source)).digest != found.digest
