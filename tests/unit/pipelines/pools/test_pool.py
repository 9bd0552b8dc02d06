"""Pools in a config: the policy's has a short form, others are asked by role; what is wrong is said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from factory.errors import BadInput
from factory.replicas import Replicas
from pipelines.pools.engines import demands_of
from pipelines.run.run_folder import bind, opened, store_of
from pipelines.run.settings import Settings, dump, from_mapping, load, parse

SCRIPTED = {"kind": "scripted"}
JUDGE = {"model": "none", "engine": {"kind": "scripted", "fallback": ["yes"]}}
BASE: dict[str, Any] = {
    "model": "none",
    "engine": {"kind": "simulated", "p": 0.5},
    "source": {"kind": "simulated", "n": 2},
    "prompt": {"template": "zero_shot_cot"},
}
LONG: dict[str, Any] = {name: BASE[name] for name in ("source", "prompt")}


def settings(*, base: dict[str, Any] = BASE, **sections: Any) -> Settings:
    return from_mapping({**base, **sections})


def file_of(tmp_path: Path, text: str) -> Path:
    (tmp_path / "config.yaml").write_text(text)
    return tmp_path / "config.yaml"


def test_both_forms_of_the_policy_are_the_same_run() -> None:
    policy = {"model": "none", "engine": BASE["engine"], "replicas": 3}
    long, short = settings(base=LONG, models={"policy": policy}), settings(cluster={"generators": 3})
    assert (long.fingerprint, dump(long)) == (short.fingerprint, dump(short))
    assert long.pools == short.pools
    assert long.pools["policy"].replicas == 3


@pytest.mark.parametrize(
    "sections",
    [
        {"cluster": {"generators": {"min": 2, "max": 64}}},
        {"cluster": {"generators": 2, "most_generators": 64}},
        {"models": {"policy": {"replicas": {"min": 2, "max": 64}}}},
        {"models": {"policy": {"replicas": 2, "most_replicas": 64}}},
    ],
)
def test_a_range_of_engines_is_two_numbers_in_whichever_form(sections: dict[str, Any]) -> None:
    made = settings(**sections)
    assert made.pools["policy"].range == Replicas(2, 64)
    assert (made.fingerprint, parse(dump(made), "config.yaml").pools) == (settings().fingerprint, made.pools)


def test_another_role_may_have_a_range_and_its_fingerprint_leaves_it_out() -> None:
    made = settings(models={"judge": {**JUDGE, "replicas": {"min": 1, "max": 3}}})
    assert made.pools["judge"].range == Replicas(1, 3)
    assert made.fingerprint == settings(models={"judge": JUDGE}).fingerprint
    assert parse(dump(made), "config.yaml").pools == made.pools


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("cluster.generators=3", Replicas(3, 3)),
        ("models.policy.replicas=3", Replicas(3, 3)),
        ("models.policy.replicas={min: 3, max: 5}", Replicas(3, 5)),
        ("cluster.most_generators=9", Replicas(2, 9)),
    ],
)
@pytest.mark.parametrize(
    "text", ["cluster: {generators: {min: 2, max: 64}}", "models: {policy: {replicas: {min: 2, max: 64}}}"]
)
def test_a_number_in_an_override_takes_the_place_of_a_range(
    text: str, override: str, expected: Replicas, tmp_path: Path
) -> None:
    assert load(file_of(tmp_path, text), [override]).pools["policy"].range == expected


def test_a_judge_that_asks_an_engine_wants_no_place_for_a_checker() -> None:
    places = {kind: demands_of(settings(checker={"kind": kind})) for kind in ("number", "llm_judge")}
    wanted = {kind: [one.count for one in demand if one.role == "answer checker"] for kind, demand in places.items()}
    assert wanted == {"number": [1], "llm_judge": [0]}


def test_a_config_without_other_roles_is_kept_as_before_there_were_any() -> None:
    assert "models" not in settings().plain


def test_other_roles_are_kept_with_all_their_settings() -> None:
    before = settings(models={"judge": JUDGE, "prm": {**JUDGE, "replicas": 2}})
    after = parse(dump(before), "config.yaml")
    assert (after.plain, after.pools, after.fingerprint) == (before.plain, before.pools, before.fingerprint)
    assert list(after.pools) == ["policy", "judge", "prm"]
    assert after.pools["judge"].engine.config.fallback == ["yes"]


# Hashes that run folders with pools are known by, as `test_fingerprints.py` has them for those without.
def test_a_run_with_pools_keeps_its_fingerprint() -> None:
    assert settings(models={"judge": JUDGE}).fingerprint == "5556ef57bf234cbb"


def test_the_fingerprint_covers_what_a_role_answers_and_not_how_many_engines_it_has() -> None:
    base = settings(models={"judge": JUDGE}).fingerprint
    assert base != settings().fingerprint
    assert settings(models={"judge": {**JUDGE, "replicas": 9}}).fingerprint == base
    assert settings(models={"judge": {**JUDGE, "engine": {**JUDGE["engine"], "slots": 4}}}).fingerprint == base
    assert settings(models={"judge": {**JUDGE, "model": "other"}}).fingerprint != base
    assert settings(models={"judge": {**JUDGE, "engine": SCRIPTED}}).fingerprint != base
    assert settings(models={"critic": JUDGE}).fingerprint != base


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ({"models": {"policy": {"model": "other"}}}, "models.policy.model is 'other', and model is 'none'"),
        ({"models": {"policy": {"engine": SCRIPTED}}}, "models.policy.engine is .* and engine is"),
        (
            {"models": {"policy": {"replicas": 2}}, "cluster": {"generators": 3}},
            "models.policy.replicas is 2, and cluster.generators is 3",
        ),
        ({"models": {"policy": {"replicas": 0}}}, "models.policy.replicas is 0. Expected at least 1"),
        ({"models": {"policy": {"modle": "x"}}}, "models.policy.modle.*'model'"),
        ({"models": {"policy": "x"}}, "models.policy is 'x'"),
        ({"models": {"judge": {**JUDGE, "replicas": 0}}}, "models.judge.replicas is 0. Expected at least 1"),
        ({"models": {"judge": {**JUDGE, "replicas": "many"}}}, "models.judge.replicas"),
        ({"models": {"judge": {**JUDGE, "replicas": {"min": 2, "max": 1}}}}, "models.judge.replicas is .* 1 ≤ N ≤ M"),
        ({"models": {"policy": {"replicas": {"min": 2}}}}, "models.policy.replicas is .* 1 ≤ N ≤ M"),
        ({"cluster": {"generators": {"least": 2}}}, "cluster.generators is .* 1 ≤ N ≤ M"),
        ({"cluster": {"generators": 4, "most_generators": 2}}, "cluster.most_generators is 2. Expected 0, or at least"),
        (
            {"models": {"judge": {**JUDGE, "replicas": 4, "most_replicas": 2}}},
            "models.judge.most_replicas is 2. Expected 0, or at least",
        ),
        ({"models": {"judge": {**JUDGE, "replica": 1}}}, "models.judge.replica'.*'replicas'"),
        ({"models": {"judge": {"engine": SCRIPTED}}}, "models.judge.model is missing"),
        ({"models": {"judge": {"model": "m", "engine": {"kind": "scriptd"}}}}, "'scripted'"),
        (
            {"models": {"judge": {"model": "m", "engine": {**SCRIPTED, "slot": 1}}}},
            "models.judge.engine.slot'.*'slots'",
        ),
        ({"models": {"judge": {"model": "m", "engine": "vllm"}}}, "models.judge.engine"),
        ({"models": {"judge": "m"}}, "models.judge is no mapping"),
        ({"models": {"a judge": JUDGE}}, "models.a judge is no role"),
        ({"models": ["judge"]}, "models is "),
        ({"model": "none", "modles": {}}, "'models'"),
    ],
)
def test_a_bad_pool_is_one_line(sections: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        settings(**sections)
    assert "\n" not in str(caught.value)


def test_both_forms_may_say_the_same() -> None:
    assert settings(models={"policy": {"model": "none"}}).fingerprint == settings().fingerprint


@pytest.mark.parametrize("override", ["model=mine", "models.policy.model=mine"])
@pytest.mark.parametrize("text", ["model: theirs", "models: {policy: {model: theirs}}"])
def test_an_override_wins_in_whichever_form(text: str, override: str, tmp_path: Path) -> None:
    assert load(file_of(tmp_path, text), [override]).model == "mine"


def test_an_override_of_the_kind_drops_what_was_meant_for_another_engine(tmp_path: Path) -> None:
    text = "models:\n  judge: {model: none, engine: {kind: simulated, p: 0.5}, replicas: 2}\n"
    changed = load(file_of(tmp_path, text), ["models.judge.engine.kind=scripted"]).pools["judge"]
    assert (changed.engine.name, changed.replicas, changed.model) == ("scripted", 2, "none")


def test_an_override_may_add_a_pool() -> None:
    added = load("label_steps", ["models.judge.model=none", "models.judge.engine.kind=scripted"])
    assert list(added.pools) == ["policy", "judge"]


def test_a_resumed_run_takes_other_numbers_of_engines_and_no_other_model(tmp_path: Path) -> None:
    ours = settings(models={"judge": JUDGE}, run={"dir": str(tmp_path)})
    bind(ours, store_of(ours))
    again = opened(tmp_path, ["models.judge.replicas=3", "models.judge.engine.slots=2", "models.policy.replicas=2"])
    assert (again.pools["judge"].replicas, again.pools["policy"].replicas) == (3, 2)
    assert again.fingerprint == ours.fingerprint
    with pytest.raises(BadInput, match=r"models\.judge\.model would change the records"):
        opened(tmp_path, ["models.judge.model=other"])
