"""Manifests of merges and imports, as `factory validate` judges them."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from support.validation import committed, faults, the_fault

from factory.errors import BadInput
from factory.shards.commits import listed, read_rows
from pipelines.maintenance.import_labels import MANIFEST, import_file
from pipelines.maintenance.merge import merge
from pipelines.maintenance.validate import validate
from pipelines.run.merged_folder import MERGED


def test_lines_that_are_twice_in_an_import_are_no_fault_but_a_doubled_part_is(imported):
    assert faults(imported) == []
    shard = next(iter(listed(imported)[0].values()))
    first = shard.unit_id.partition("-")[0]
    committed(imported, f"{first}-0000000000000000", read_rows(imported))
    assert "another part begins with the same line" in the_fault(imported)


@pytest.mark.parametrize("torn", [b"[]", b"{", b'{"shards": [], "source": 1}'])
def test_a_manifest_of_a_merge_that_cannot_be_read_is_a_fault_among_others(folder, tmp_path, torn):
    merge(folder, tmp_path / "out")
    (tmp_path / "out" / MERGED).write_bytes(torn)
    (tmp_path / "out/data/notes.txt").touch()
    found = validate(tmp_path / "out")
    assert [fault.object for fault in found.faults] == ["data/notes.txt", MERGED]
    assert (found.questions, found.shards) == (4, 1)


def test_counts_in_the_manifest_of_a_merge_that_are_none_are_a_fault(folder, tmp_path):
    merge(folder, tmp_path / "out")
    kept = json.loads((tmp_path / "out" / MERGED).read_text())
    (tmp_path / "out" / MERGED).write_text(json.dumps({**kept, "questions": "many"}))
    assert the_fault(tmp_path / "out") == f"{MERGED}: unreadable, expected what `factory merge` keeps"


def test_a_manifest_of_an_import_that_cannot_be_read_is_a_fault_and_makes_no_others(imported):
    (imported / MANIFEST).write_text("[]")
    assert the_fault(imported) == f"{MANIFEST}: unreadable, expected the format of an import"


def test_a_part_of_an_import_that_is_gone_is_lost_until_it_is_imported_again(imported, tmp_path):
    assert validate(imported).receipts == 2
    gone = next(iter(listed(imported)[0].values())).name
    (imported / gone).unlink()
    assert the_fault(imported).startswith(f"{gone}: LOST")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(imported))
    assert faults(imported) == []


def test_an_import_of_several_tries_has_the_receipts_of_all(imported, tmp_path):
    lines = (tmp_path / "data.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "torn.jsonl").write_text("\n".join([*lines[:2], "{"]), encoding="utf-8")
    for name, done in (("torn", 1), ("data", 2)):
        with suppress(BadInput):
            import_file(str(tmp_path / f"{name}.jsonl"), "math_shepherd", str(tmp_path / "again"))
        assert validate(tmp_path / "again").receipts == done
    for shard in listed(tmp_path / "again")[0].values():
        (tmp_path / "again" / shard.name).unlink()
    assert [fault[-30:] for fault in faults(tmp_path / "again") if "LOST" not in fault] == []
    assert len(faults(tmp_path / "again")) == 2
