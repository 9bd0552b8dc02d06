"""Sections that only one pipeline has: configs that may hold them, and keys of them that make a run another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.rounds import star_settings

import pipelines.star
from factory.errors import BadInput
from pipelines import compare_methods, label_steps, train
from pipelines.run.contract import PIPELINES
from pipelines.run.settings import Settings, dump, from_mapping, load, parse


def star(**sections: dict[str, Any]) -> Settings:
    return star_settings(Path("runs/star"), Path("base"), **sections)


def test_the_packaged_star_config_loads_by_path_and_by_name() -> None:
    settings = load("pipelines/star.yaml")
    assert settings.plain == load("star").plain
    assert settings.pipeline == "star"
    assert settings.own["keep"].name == "star"
    assert settings.own["trainer"].name == "sft"


def test_the_packaged_label_steps_config_holds_no_section_of_another_pipeline() -> None:
    settings = load("pipelines/label_steps.yaml")
    assert settings.own == {}
    assert not {"star", "keep", "trainer", "held_out"} & set(settings.plain)


def test_a_pipeline_is_found_by_its_name() -> None:
    assert PIPELINES.names() == [
        "compare_methods",
        "label_steps",
        "prover_verifier",
        "star",
        "train",
        "verifier_loop",
    ]
    modules = {"compare_methods": compare_methods, "label_steps": label_steps, "star": pipelines.star, "train": train}
    for name, module in modules.items():
        assert from_mapping({"pipeline": name}).definition is module.PIPELINE


def test_a_misspelt_pipeline_is_answered_with_the_near_one_and_with_pipelines_only() -> None:
    with pytest.raises(BadInput) as caught:
        load("star", ["pipeline=stars"])
    assert str(caught.value) == (
        "'stars' is not a pipeline. Did you mean 'star'? Valid: compare_methods, label_steps, "
        "prover_verifier, star, train, verifier_loop."
    )


@pytest.mark.parametrize(
    "name", ["drive", "run", "dataset_card", "", "nowhere.at_all", "pipelines.run.settings", "factory.types"]
)
def test_what_is_not_a_pipeline_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(BadInput, match="is not a pipeline") as caught:
        from_mapping({"pipeline": name})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("section", ["star", "keep", "trainer", "held_out", "teacher", "rationalise"])
def test_a_section_of_another_pipeline_is_unknown(section: str) -> None:
    with pytest.raises(BadInput, match=f"unknown config key '{section}'"):
        from_mapping({"pipeline": "label_steps", section: {}})
    assert section in from_mapping({"pipeline": "star", section: {}}).own


def test_a_saved_config_loads_to_the_same_settings() -> None:
    before = star(
        held_out={"source": {"kind": "jsonl", "path": "own.jsonl"}},
        keep={"method": "rft", "per_question": 3},
        teacher={"mode": "turns", "model": "t"},
        stop={"patience": 2},
    )
    after = parse(dump(before), "config.yaml")
    assert after.plain == before.plain
    assert after.own == before.own
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("star", {"rounds": 9}),
        ("stop", {"patience": 3}),
        ("stop", {"policy_calls": 1000, "gpu_hours": 2.0, "hours": 3.0, "min_gain": 0.1}),
        ("star", {"training_timeout_s": 9.0}),
        ("cluster", {"generators": 4}),
    ],
)
def test_when_to_stop_and_where_it_runs_is_no_part_of_what_a_run_is(section: str, values: dict[str, Any]) -> None:
    assert star(**{section: values}).fingerprint == star().fingerprint


def test_where_a_run_lies_is_no_part_of_what_it_is() -> None:
    assert star_settings(Path("elsewhere"), Path("base")).fingerprint == star().fingerprint


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("star", {"start_from": "last"}),
        ("star", {"pairs_per_question": 1}),
        ("trained_prompt", {"template": "zero_shot_cot"}),
        ("rationalise", {"n": 5}),
        ("rationalise", {"enabled": False}),
        ("held_out", {"share": 0.4}),
        ("held_out", {"k": 3}),
        ("teacher", {"mode": "teacher", "model": "t"}),
        ("keep", {"per_question": 9}),
        ("keep", {"method": "rft"}),
        ("run", {"seed": 1}),
        ("search", {"n": 9}),
        ("sampling", {"max_tokens": 9}),
    ],
)
def test_what_decides_the_training_data_makes_it_another_run(section: str, values: dict[str, Any]) -> None:
    assert star(**{section: values}).fingerprint != star().fingerprint


@pytest.mark.parametrize(
    "values",
    [
        {"num_cpus": 2.0},
        {"threads": 2},
        {"save_steps": 5},
        {"save_seconds": 9.0},
        {"gradient_checkpointing": True},
    ],
)
def test_how_a_training_is_carried_out_is_no_part_of_what_a_run_is(values: dict[str, Any]) -> None:
    ours = [load("star", [f"trainer.{key}={value}" for key, value in more.items()]) for more in ({}, values)]
    assert ours[0].fingerprint == ours[1].fingerprint


def test_only_more_rounds_may_be_asked_for_later() -> None:
    assert star(star={"rounds": 4}).effort == {"star.rounds": 4}


@pytest.mark.parametrize(
    ("override", "section", "gone"),
    [("trainer.kind=command", "trainer", "learning_rate"), ("keep.method=rft", "keep", "hinted_per_question")],
)
def test_another_plug_in_starts_from_its_own_defaults(override: str, section: str, gone: str) -> None:
    assert gone in load("star").plain[section]
    changed = load("star", [override])
    assert gone not in changed.plain[section]
    assert changed.own[section].config == changed.own[section].plugin.Config()


def test_naming_the_same_plug_in_keeps_the_values_of_the_file() -> None:
    assert load("star", ["trainer.kind=sft", "keep.method=star"]).plain == load("star").plain
