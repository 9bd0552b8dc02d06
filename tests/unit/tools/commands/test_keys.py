"""Reference of config keys: complete, and read off the dataclasses that check configs."""

from __future__ import annotations

import sys

import pytest

from pipelines.run.settings import load
from tools.cli import main
from tools.commands.keys import key_lines


@pytest.mark.parametrize("config", ["label_steps", "star", "train"])
def test_every_key_of_a_packaged_config_is_listed(config: str) -> None:
    listed = {line.split()[0] for line in key_lines([config]) if line.startswith("  ") and "." in line.split()[0]}
    plain = load(config).plain
    sections = {name: value for name, value in plain.items() if isinstance(value, dict)}
    keys = {f"{section}.{key}" for section, values in sections.items() for key in values}
    picking = {f"{section}.{key}" for section in sections for key in ("kind", "method")}
    nested = {key for key in keys if any(line.startswith(f"{key}.") for line in listed)}
    assert keys - picking - nested <= listed


def test_every_plug_in_has_a_heading() -> None:
    lines = list(key_lines(["label_steps"]))
    assert "\nsupervision with supervision.method=bayes_bisection (default)" in lines
    assert "\nchecker with checker.kind=coq_proof" in lines
    assert any(line.split()[:1] == ["models.ROLE.replicas"] for line in lines)


def test_the_command_lists_keys_without_a_config(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["factory", "plan", "--keys"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert "search.n" in capsys.readouterr().out


def test_plan_without_a_config_says_what_it_expects(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["factory", "plan"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Expected a config" in capsys.readouterr().err
