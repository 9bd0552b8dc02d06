"""Hashes that run folders, records and units are known by: they stay, whatever fields a config gains."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from factory.added_fields import ADDED, values_to_hash
from factory.answers.policy import AnswerPolicy
from factory.config import fingerprint
from factory.types import Verdict
from pipelines.planning.survey import Survey
from pipelines.run import run_folder
from pipelines.run.recipes import provenance_of
from pipelines.run.settings import Settings, from_mapping, load
from pipelines.self_training.star_runs import parts
from pipelines.self_training.star_settings import of as star_settings


@pytest.mark.parametrize(
    ("name", "overrides", "expected"),
    [
        ("label_steps", "", "24e41ffdf82a6ded"),
        ("prove", "", "dd3ebc18529880e6"),
        ("explain_proofs", "", "953ada86e19fa0e9"),
        ("star", "", "7dc1d655261bf5fb"),
        ("train", "", "480cfe67b5d43bc8"),
        ("label_steps", "checker.kind=number", "ce6afd6850e8ce56"),
        ("label_steps", "checker.kind=exact", "2d5322a971cdd512"),
        ("label_steps", "checker.kind=regex checker.pattern=x(.)", "3c31eb69ff01da29"),
        ("label_steps", "checker.kind=multiple_choice", "4c4b71cf8866881b"),
        ("label_steps", "checker.kind=python_tests", "5d6b5149eb4785de"),
        ("label_steps", "supervision.probes_per_round=1", "24e41ffdf82a6ded"),
        ("label_steps", "supervision.most_probes_per_round=4", "24e41ffdf82a6ded"),
        ("label_steps", "sampling.min_p=0 sampling.seed=null steps.of=whole steps.max_steps=0", "24e41ffdf82a6ded"),
        ("label_steps", "engine.kind=simulated", "87b3163fa4ed5474"),
        ("label_steps", "engine.kind=simulated engine.slots=256 engine.token_s=0.01", "87b3163fa4ed5474"),
        ("label_steps", "source.kind=split source.of.kind=jsonl source.of.path=q.jsonl", "ba15859143c929fc"),
    ],
)
def test_a_config_has_the_fingerprint_it_always_had(name: str, overrides: str, expected: str) -> None:
    assert load(name, overrides.split()).fingerprint == expected


@pytest.mark.parametrize("other", ["steps.of=answer", "sampling.min_p=0.1", "sampling.seed=3", "steps.max_steps=9"])
def test_another_rule_of_steps_or_other_sampling_is_another_run(other: str) -> None:
    assert load("label_steps", [other]).fingerprint != load("label_steps").fingerprint


def test_the_runs_of_a_self_training_have_the_fingerprints_they_always_had() -> None:
    assert [part.fingerprint for part in parts(star_settings(load("star")))] == [
        "dc6e648807de3da0",
        "7fcb0062fbdd69e8",
        "8fdaac0e5dc998f8",
        "7f9d98b383941697",
        "50c29e17992d9b03",
        "f162eeb9c9ee6698",
    ]


def test_a_checker_is_known_by_its_name_its_version_and_the_hash_it_always_had() -> None:
    values = values_to_hash(load("label_steps").checker.config)
    assert fingerprint({"checker": "math_answer/2", "kind": "math_answer", **values}) == "b59ffcb2b699091e"


@dataclass
class Before:
    policy: AnswerPolicy = field(default_factory=AnswerPolicy)
    strict: bool = False


@dataclass
class After(Before):
    limit: int = field(default=7, metadata=ADDED)
    words: list[str] = field(default_factory=list, metadata={"added": True})


def use(monkeypatch: pytest.MonkeyPatch, config: type[Any], folder: Path, **values: Any) -> Settings:
    """Return settings with a checker of somebody else, one version of it after the other."""
    module = ModuleType("theirs_checking")
    module.Config = config  # type: ignore[attr-defined]
    module.check = _check  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "theirs", ModuleType("theirs"))
    monkeypatch.setitem(sys.modules, "theirs.checking", module)
    monkeypatch.setattr(module, "__name__", "theirs.checking")
    return from_mapping(
        {
            "engine": {"kind": "simulated"},
            "source": {"kind": "simulated", "n": 5},
            "prompt": {"template": "zero_shot_cot"},
            "run": {"dir": str(folder)},
            "checker": {"kind": "theirs.checking", **values},
        }
    )


def _check(question: Any, text: Any, config: Any) -> Verdict:
    raise NotImplementedError


def policy_of(settings: Settings) -> str:
    return provenance_of(settings, {"policy": {"engine": "e", "model": "m", "revision": "r"}}).checker_policy


def test_a_run_of_somebody_elses_checker_is_resumed_after_it_has_gained_fields(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = use(monkeypatch, Before, tmp_path)
    store, checker_policy = run_folder.store_of(old), policy_of(old)
    run_folder.bind(old, store)
    run_folder.keep_survey(store, Survey(questions=5, digest="a"))

    new = use(monkeypatch, After, tmp_path)
    assert new.plain["checker"]["limit"] == 7
    assert (new.fingerprint, policy_of(new)) == (old.fingerprint, checker_policy)
    assert run_folder.recognise(new, store)
    assert run_folder.opened(tmp_path).checker.config == After()


@pytest.mark.parametrize("values", [{"limit": 8}, {"words": ["a"]}])
def test_a_gained_field_that_is_set_makes_it_another_run(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, new = use(monkeypatch, Before, tmp_path), use(monkeypatch, After, tmp_path, **values)
    assert new.fingerprint != old.fingerprint
    assert policy_of(new) != policy_of(old)
