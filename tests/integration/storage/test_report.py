"""Figures of a run on S3: those that it has on a disk."""

from pathlib import Path

import pytest
from support.records import records
from support.validation import committed, labelled
from typer.testing import CliRunner

from pipelines.reporting.figures import figures_of
from tools.cli import app


def test_a_run_on_s3_has_the_figures_that_it_has_on_a_disk(
    s3_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"s3://{s3_bucket}/runs/mine"
    for where in (folder, tmp_path / "mine"):
        for number in range(3):
            committed(where, f"labelled-{number}", labelled("scan", 4))
        committed(where, "b", records())
    there, here = figures_of(folder, seed=1), figures_of(str(tmp_path / "mine"), seed=1)
    for figures in (there, here):
        del figures["made"], figures["about"]["folder"]
    assert there == here

    # The page lies where the command runs: nobody opens a page on S3.
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", folder])
    assert result.exit_code == 0
    assert (tmp_path / "report.html").exists()
