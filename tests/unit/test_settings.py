"""Configs are checked before anything starts; what is wrong is said in one line."""

from __future__ import annotations

import json

import pytest
from omegaconf import OmegaConf

from factory.errors import BadInput
from pipelines import run_folder
from pipelines.settings import from_mapping, load, save
from pipelines.survey import Survey, as_before, judged_by, survey


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
        "cluster.workers=0",
        "sampling.temperature=-1",
        "sampling.top_p=0",
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
    first = survey(ours, judge_all)
    assert survey(ours, as_before(first)) == first


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
def test_a_file_that_is_no_config_is_refused(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(BadInput):
        load(tmp_path / "c.yaml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no config file"):
        load(tmp_path / "none.yaml")


def test_a_saved_config_loads_to_the_same_settings(tmp_path):
    before = settings()
    save(before, tmp_path / "config.yaml")
    after = load(tmp_path / "config.yaml")
    assert after.plain == before.plain
    assert after.fingerprint == before.fingerprint


def test_the_fingerprint_covers_what_decides_the_records_only():
    base = settings().fingerprint
    assert settings(cluster={"workers": 9}).fingerprint == base
    assert settings(run={"dir": "elsewhere"}).fingerprint == base
    assert settings(run={"seed": 1}).fingerprint != base
    assert settings(sampling={"max_tokens": 9}).fingerprint != base


def test_prompt_stops_come_before_own_ones():
    assert settings(sampling={"stop": ["X"]}).sampling_with(["Q:"]).stop == ("Q:", "X")


@judged_by
def judge_all(items):
    from factory.checkers import math_answer

    return [math_answer.check(question, text, math_answer.Config()) for question, text in items]


def test_the_survey_counts_doubles_and_golds_that_do_not_verify(tmp_path):
    lines = [
        '{"question": "a", "answer": "1"}',
        '{"question": "a", "answer": "1"}',
        '{"question": "b", "answer": "2"}',
        '{"question": "c", "answer": ""}',
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(lines) + "\n")
    found = survey(settings(source={"kind": "jsonl", "path": str(tmp_path / "q.jsonl")}), judge_all)
    assert (found.questions, found.duplicates, len(found.bad_golds)) == (2, 1, 1)


def test_a_run_folder_is_made_once_and_recognised(tmp_path):
    ours = settings(run={"dir": str(tmp_path / "run")})
    assert run_folder.claim(ours) == run_folder.claim(ours)
    assert OmegaConf.load(tmp_path / "run" / "config.yaml").source.n == 5


def test_a_folder_that_holds_another_config_is_refused_naming_the_difference(tmp_path):
    folder = run_folder.claim(settings(run={"dir": str(tmp_path)}))
    run_folder.write_survey(folder, Survey(questions=5, digest="a"))
    other = settings(run={"dir": str(tmp_path)}, source={"kind": "simulated", "n": 6})
    with pytest.raises(BadInput, match=r"source\.n is 5 there, 6 here"):
        run_folder.claim(other)


def test_resume_takes_cluster_overrides_only(tmp_path):
    run_folder.claim(settings(run={"dir": str(tmp_path)}))
    assert run_folder.opened(tmp_path, ["cluster.workers=3"]).cluster.workers == 3
    with pytest.raises(BadInput, match=r"cluster\.\*"):
        run_folder.opened(tmp_path, ["source.n=9"])


def test_a_moved_run_folder_resumes_where_it_lies(tmp_path):
    run_folder.claim(settings(run={"dir": str(tmp_path / "a")}))
    (tmp_path / "a").rename(tmp_path / "b")
    assert run_folder.opened(tmp_path / "b").run.dir == str(tmp_path / "b")


def test_no_run_folder_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no run folder"):
        run_folder.opened(tmp_path)


def test_a_changed_source_is_refused(tmp_path):
    folder = run_folder.claim(settings(run={"dir": str(tmp_path)}))
    run_folder.write_survey(folder, Survey(questions=5, digest="a"))
    run_folder.write_survey(folder, Survey(questions=5, digest="a"))
    with pytest.raises(BadInput, match="5 questions then, 6 now"):
        run_folder.write_survey(folder, Survey(questions=6, digest="b"))


def test_attempts_are_numbered_and_say_how_they_ended(tmp_path):
    ours = settings(run={"dir": str(tmp_path)})
    folder = run_folder.claim(ours)
    with run_folder.attempt(folder, ours) as log:
        log.update(units=3)
    with pytest.raises(ZeroDivisionError), run_folder.attempt(folder, ours):
        _ = 1 / 0
    logs = [json.loads(path.read_text()) for path in sorted(folder.glob("logs/attempt_*/attempt.json"))]
    assert [(entry["ended_by"], entry.get("units")) for entry in logs] == [("end", 3), ("ZeroDivisionError", None)]


def test_a_question_that_comes_again_with_other_solutions_is_no_double(tmp_path):
    lines = [f'{{"question": "{q}", "answer": "1", "solution": "{s}"}}\n' for q, s in ["ax", "ay", "bx", "az", "bx"]]
    (tmp_path / "q.jsonl").write_text("".join(lines))
    source = {"kind": "jsonl", "path": str(tmp_path / "q.jsonl"), "solution_column": "solution"}
    found = survey(settings(source=source), judge_all)
    assert (found.questions, found.duplicates) == (3, 1)
    (tmp_path / "q.jsonl").write_text("".join(lines).replace("z", "w"))
    assert survey(settings(source=source), judge_all).digest != found.digest
