"""Records that are named twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.exports.exports import committed, record, records, solution

from factory.errors import BadInput
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance.merge import merge


@pytest.fixture
def run(tmp_path):
    return committed(tmp_path / "run", records())


WISH = ExportOptions(formats=("sft",))


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "out")


def test_a_run_named_twice_goes_in_once_however_it_is_spelled(run, out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to(run)
    done = export([run, "run", "./run/", f"file://{run}", "link"], out, WISH)
    assert done.rows == {("sft", "train"): 12}
    assert [one["url"] for one in done.manifest["runs"]] == ["link"]


def test_of_a_copied_run_only_what_it_has_by_itself_goes_in(run, out, tmp_path):
    shutil.copytree(run, tmp_path / "copy")
    committed(tmp_path / "copy", [record("More?", solution("a"))], name="v")
    done = export([run, str(tmp_path / "copy")], out, WISH)
    assert done.rows == {("sft", "train"): 13}
    assert done.manifest["dropped"] == {
        "records: also in an earlier folder": 12,
        "solutions: also in an earlier folder": 24,
    }


@pytest.mark.parametrize("moved", [False, True])
def test_a_run_and_its_merged_copy_are_refused(run, out, tmp_path, moved):
    merge(run, tmp_path / "merged", partial=True)
    if moved:
        shutil.move(run, tmp_path / "moved")
        run = str(tmp_path / "moved")
    else:
        committed(run, records(14)[12:], name="v")  # it went on
    with pytest.raises(BadInput, match=rf"{run} and .*/merged are one run"):
        export([run, str(tmp_path / "merged")], out, WISH)


def test_two_runs_of_other_records_are_no_copies(run, out, tmp_path):
    other = committed(tmp_path / "other", records(14)[12:])
    merge(other, tmp_path / "merged", partial=True)
    assert export([run, str(tmp_path / "merged")], out, WISH).rows == {("sft", "train"): 14}
