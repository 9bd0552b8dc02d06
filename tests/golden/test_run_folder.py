"""A run folder that an earlier version left, byte for byte, read by this one.

It was written by `factory run pipelines/label_steps.yaml` of commit 6177cbd, the simulated engine on three questions in
two units. Names of footers and of config keys, fingerprints and unit ids are promises to everybody who has such
folders: where a test here fails, the code is wrong and the folder is right.
"""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from factory.shards.commits import read_rows
from factory.storage.opening import open_store
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance.validate import validate
from pipelines.planning.plan import plan
from pipelines.planning.survey import as_before
from pipelines.run.run_folder import opened, survey_of
from tools.commands.status import status_figures, status_lines

SINCE_ADDED = ["role", "independent", "selected", "score"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy of the folder, so that no test can change it."""
    return shutil.copytree(Path(__file__).parent / "run_folder", tmp_path / "run")


def test_it_is_sound(folder: Path) -> None:
    validation = validate(folder)
    assert validation.sound, validation.faults
    assert (validation.shards, validation.questions, validation.receipts) == (2, 3, 2)


def test_its_config_gives_the_units_it_holds(folder: Path) -> None:
    store = open_store(folder)
    survey = survey_of(store)
    assert survey is not None
    to_do = plan(opened(folder), store, as_before(survey))
    assert (to_do.units, to_do.missing) == (2, {})


def test_a_unit_that_is_lost_is_the_one_that_is_missing(folder: Path) -> None:
    (folder / "data/part-05153bdd3a74bcb4.parquet").unlink()
    store = open_store(folder)
    survey = survey_of(store)
    assert survey is not None
    assert len(plan(opened(folder), store, as_before(survey)).missing) == 1


def test_its_status_is_complete(folder: Path) -> None:
    assert "complete, 3 of 3 questions" in status_lines(str(folder))[0]
    figures = status_figures(str(folder))
    assert (figures["complete"], figures["driver"], figures["questions"]["done"]) == (True, None, 3)
    assert figures["counts"]["solutions"] == 11


def test_its_rows_hold_labels_with_their_counts(folder: Path) -> None:
    rows = list(read_rows(folder))
    solutions = [solution for row in rows for solution in row["solutions"]]
    assert (len(rows), len(solutions)) == (3, 11)
    assert sum(step["label"] == -1 for solution in solutions for step in solution["steps"]) == 1


@pytest.mark.parametrize(("format", "digest"), [("prm", "5d1745c0640d6157"), ("sft", "f0b785490b1ab740")])
def test_it_is_exported_as_the_version_before_roles_did(format: str, digest: str, folder: Path, tmp_path: Path) -> None:
    done = export([folder], tmp_path / "out", ExportOptions(formats=(format,)))
    # What that version wrote; a later one may say more beside it.
    rows = [row for path in done.files(format) for row in pq.read_table(path).drop_columns(SINCE_ADDED).to_pylist()]
    assert sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16] == digest


def test_footers_have_the_names_that_all_versions_read(folder: Path) -> None:
    for shard in (folder / "data").iterdir():
        assert set(pq.read_schema(shard).metadata) == {b"factory.content", b"factory.tally", b"factory.effort"}
