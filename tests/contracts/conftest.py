"""Fixtures for commands that are refused before Ray starts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from support.runs import config_for

from pipelines.run import session
from tools.cli import main

Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Return a function that runs a command, expects it to be refused and returns its one line of complaint."""

    def no_ray(address: str, **_: object) -> None:
        raise AssertionError("Ray was started")

    def call(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["factory", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        *before, last = capsys.readouterr().err.splitlines()
        assert stopped.value.code == 2, last
        assert last.startswith("factory: ")
        assert not [line for line in before if line.startswith(("factory:", "Traceback"))]
        return last

    monkeypatch.setattr(session, "connected", no_ray)
    return call


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the path of a config without a mistake."""
    path = tmp_path / "config.yaml"
    OmegaConf.save(OmegaConf.create(config_for(tmp_path / "run")), path)
    return path
