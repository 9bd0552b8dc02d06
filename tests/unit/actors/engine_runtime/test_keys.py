"""Keys of servers: from the driver's environment to the actor's, and in no representation."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass, field

import pytest

from actors.engine_runtime.keys import FORWARDED, Keys, unset, without_values

SECRET = "sk-hush-1234"


@dataclass
class Config:
    api_key_env: str = "TEAM_KEY"
    env: dict[str, str | None] = field(default_factory=dict)


def test_variables_that_a_config_names_are_taken_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", SECRET)
    keys = Keys.named_by(Config(), ("api_key_env",))
    assert keys.values == {"TEAM_KEY": SECRET}
    assert pickle.loads(pickle.dumps(keys)) == keys  # noqa: S301 - our own bytes


@pytest.mark.parametrize("name", ["", "NOT_SET_ANYWHERE"])
def test_a_variable_that_is_not_set_or_not_named_is_left_out(name: str) -> None:
    assert Keys.named_by(Config(name), ("api_key_env",)) == Keys()


def test_they_are_in_no_representation() -> None:
    assert SECRET not in repr(Keys({"TEAM_KEY": SECRET})) + str(Keys({"TEAM_KEY": SECRET}))


def test_what_is_set_beside_the_command_counts_and_what_the_actors_machine_has_where_nothing_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEAM_KEY", "of the machine")
    monkeypatch.setenv("OTHER_KEY", "of the machine")
    Keys({"TEAM_KEY": SECRET}).put_into_environment()
    assert (os.environ["TEAM_KEY"], os.environ["OTHER_KEY"]) == (SECRET, "of the machine")


@pytest.mark.parametrize(("value", "missing"), [(None, True), ("", True), (" ", True), (SECRET, False)])
def test_a_variable_without_a_key_is_named(value: str | None, missing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEAM_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TEAM_KEY", value)
    assert unset(Config(), ("api_key_env",)) == ({"api_key_env": "TEAM_KEY"} if missing else {})
    assert (Keys.named_by(Config(), ("api_key_env",)) == Keys()) is missing
    assert unset(Config(""), ("api_key_env",)) == {}


def test_a_variable_without_a_value_is_the_drivers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config("", env={"MINE": None, "GIVEN": "1", "NOWHERE": None})
    monkeypatch.setenv("MINE", SECRET)
    values = Keys.for_engine(config, ()).values
    assert (values["MINE"], values["GIVEN"], "NOWHERE" in values) == (SECRET, "1", False)
    assert unset(config, ()) == {"env.NOWHERE": "NOWHERE"}


@pytest.mark.parametrize("name", FORWARDED)
def test_what_the_driver_says_of_the_hub_holds_for_its_engines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "here")
    assert Keys.for_engine(Config(""), ()).values[name] == "here"
    assert Keys.for_engine(Config("", env={name: "of its own"}), ()).values[name] == "of its own"


def test_of_variables_the_names_alone_are_written_down() -> None:
    written = {"engine": {"kind": "vllm", "env": {"HF_TOKEN": SECRET}}, "methods": [{"models": {"judge": {"env": {}}}}]}
    assert without_values(written)["engine"] == {"kind": "vllm", "env": {"HF_TOKEN": None}}
    assert without_values(written)["methods"] == written["methods"]
