"""`factory doctor` on the tests' own Ray: what it says of a node that is well, and of one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import settings_for

from tools.commands.doctor import examination_lines, examine

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


def line_of(report: list[str], check: str) -> str:
    """Return the line of the report on one thing."""
    [line] = [line for line in report if line[9:].startswith(f"{check} ")]
    return line


def test_a_node_that_is_well_has_no_problem_and_keeps_nothing_of_the_visit(tmp_path: Path) -> None:
    examined = examine(settings_for(tmp_path / "run"), "local")
    report = examination_lines(examined)
    assert examined.well, report
    assert line_of(report, "storage").startswith("ok")
    assert line_of(report, "checker").startswith("ok")
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


def test_a_folder_and_a_model_that_cannot_be_had_are_a_line_each(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    vllm = {"kind": "vllm"}
    examined = examine(settings_for(tmp_path / "file/run", engine=vllm), "local", engine=True)
    report = examination_lines(examined)
    assert not examined.well
    assert line_of(report, "storage").startswith("problem")
    assert line_of(report, "model").startswith("problem")
    assert "not tried, as there are problems" in line_of(report, "engine")


def test_without_a_config_it_looks_at_what_every_run_needs() -> None:
    examined = examine(None, "local")
    report = examination_lines(examined)
    assert examined.well, report
    assert "ray 2." in line_of(report, "packages")
    assert not [line for line in report if line[9:].startswith(("storage", "model"))]
