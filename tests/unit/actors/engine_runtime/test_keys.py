"""Keys of servers: from the driver's environment to the actor's, and in no representation."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass

import pytest

from actors.engine_runtime.keys import Keys

SECRET = "sk-hush-1234"


@dataclass
class Config:
    api_key_env: str = "TEAM_KEY"


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


def test_what_the_actors_machine_has_set_itself_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", "its own")
    monkeypatch.setenv("OTHER_KEY", "x")
    monkeypatch.delenv("OTHER_KEY")
    Keys({"TEAM_KEY": SECRET, "OTHER_KEY": "another"}).put_into_environment()
    assert (os.environ["TEAM_KEY"], os.environ.pop("OTHER_KEY")) == ("its own", "another")
