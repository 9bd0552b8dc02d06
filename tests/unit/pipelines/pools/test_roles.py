"""Roles that a config's plug-ins ask: `factory plan` refuses what nobody fills, and says what nobody asks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from factory.errors import BadInput
from pipelines.label_steps import run
from pipelines.pools.keys import check_keys, missing_keys
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import load
from tools.cli import main

CONFIG = """
model: none
engine: {kind: simulated}
source: {kind: simulated, n: 2}
prompt: {template: zero_shot_cot}
models:
  critic: {model: none, engine: {kind: scripted}}
  prm: {model: none, engine: {kind: tests.support.plugins.scorer}}
search: {method: tests.support.plugins.asking_search}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(f"{CONFIG}run: {{dir: {tmp_path / 'run'}}}\n")
    return tmp_path / "config.yaml"


def planned(
    config: Path, overrides: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Return what `factory plan` ends with, and prints on both streams."""
    monkeypatch.setattr(sys, "argv", ["factory", "plan", str(config), *overrides])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    return (code if isinstance(code, int) else 0, *capsys.readouterr())


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["search.critic=judge"], "asks a model of the role 'judge', and nobody fills it"),
        (["search.critic=critik"], "Did you mean 'critic'?"),
        (
            ["search.critic=prm"],
            "models.prm.engine.kind is tests.support.plugins.scorer, which can only score",
        ),
        (["search.prm=critic"], "models.critic.engine.kind is scripted, which can only generate text"),
        (["search.prm=policy"], "engine.kind is simulated, which can only generate text"),
        (["search.critic=the-critic"], "role 'the-critic', which is no name of a role"),
        (["supervision.completer="], "supervision.completer: Incompatible value 'None' for field of type 'str'\n"),
        (["supervision.completer=''"], "supervision bayes_bisection asks a model of the role '', which is no name"),
        (["supervision.completer=''"], "set supervision.completer, or leave it out"),
        (["checker.kind=llm_judge", "checker.judge_role=''"], "set checker.judge_role, or leave it out"),
        (["models.critic.engine.kind=vlm"], "'vllm'"),
        (["models.critic.replicas=0"], "models.critic.replicas is 0"),
        (["models.critic.repl=1"], "models.critic.repl'"),
        (["models.policy.model=x", "model=y"], "models.policy.model is 'x', and model is 'y'"),
        (["engine.kind=tests.support.plugins.scorer"], "search tests.support.plugins.asking_search has the policy"),
    ],
)
def test_plan_refuses_it_in_one_line(
    overrides: list[str],
    says: str,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, _, error = planned(config, overrides, monkeypatch, capsys)
    assert code == 2
    assert says in error
    assert error.count("\n") == 1


def test_plan_shows_the_engines_of_every_role_that_is_asked_and_names_those_that_are_not(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown, _ = planned(config, ["search.critic=critic", "models.critic.replicas=3"], monkeypatch, capsys)
    assert code == 0
    assert "   3 × critic engine" in shown
    assert "prm engine" not in shown
    assert "models.prm is asked by nothing in this config, so it is not started" in shown


KEYS = ["models.critic.engine.kind=http", "models.critic.engine.base_url=http://127.0.0.1:9/v1", "search.critic=critic"]


def test_a_key_that_is_not_set_is_told_by_plan_and_refused_by_a_run_before_anything_starts(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TEAM_KEY", raising=False)
    named = [*KEYS, "models.critic.engine.api_key_env=TEAM_KEY"]
    says = "environment variable TEAM_KEY, which models.critic.engine.api_key_env names, is not set here."
    code, shown, _ = planned(config, named, monkeypatch, capsys)
    assert (code, shown.count(says)) == (0, 1)
    with pytest.raises(BadInput, match=says):
        run(load(config, named))
    assert not (config.parent / "run").exists()
    monkeypatch.setenv("TEAM_KEY", "sk-1")
    assert says not in planned(config, named, monkeypatch, capsys)[1]
    check_keys(load(config, named))
    check_keys(load(config, KEYS))


def test_a_cluster_may_have_the_key_itself(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEAM_KEY", raising=False)
    settings = load(config, [*KEYS, "models.critic.engine.api_key_env=TEAM_KEY", "cluster.address=auto"])
    check_keys(settings)
    assert len(missing_keys(settings)) == 1


def test_a_role_that_two_plug_ins_ask_is_one_pool(config: Path) -> None:
    assert list(asked_pools(load(config, ["search.critic=critic", "search.prm=prm"]))) == ["policy", "critic", "prm"]
