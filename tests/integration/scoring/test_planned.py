"""`factory plan` with a scorer in a pool: a folder that holds none is one line, before anything starts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.cli import main

CONFIG = """
model: none
engine: {{kind: simulated}}
source: {{kind: simulated, n: 2}}
prompt: {{template: zero_shot_cot}}
models:
  prm: {{model: {folder}, engine: {{kind: scorer}}, replicas: 2}}
search: {{method: tests.support.plugins.asking_search, prm: prm}}
run: {{dir: {run}}}
"""


def planned(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> int:
    """Return the exit status of `factory plan`."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(folder=folder, run=tmp_path / "run"))
    monkeypatch.setattr(sys, "argv", ["factory", "plan", str(path), *overrides])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_scorer_is_planned(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(folders["steps"], tmp_path, monkeypatch) == 0, capsys.readouterr().err


def test_a_folder_without_a_scorer_is_refused_by_the_plan_unless_its_layout_is_set(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(folders["tags"], tmp_path, monkeypatch) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "models.prm" in line
    assert "is MistralForCausalLM, a language model, and nothing says that it scores" in line
    assert planned(folders["tags"], tmp_path, monkeypatch, "models.prm.engine.layout=tags") == 0
    assert not (tmp_path / "run").exists()
