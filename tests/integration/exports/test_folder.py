"""Folders of exports: what is there before, what a kill leaves, two at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from pathlib import Path

import pytest
from support.exports.exports import FORMATS, tree

from factory.errors import BadInput, StorageFailed
from factory.export.file_names import MANIFEST, UNFINISHED
from factory.export.filter import Filter
from factory.export.split import Split
from factory.storage.opening import open_store
from factory.storage.s3 import S3Store
from pipelines.export import export as export_module
from pipelines.export import folder as export_folder
from pipelines.export import manifest as export_manifest
from pipelines.export import scratch as export_scratch
from pipelines.export.export import ExportOptions, export
from pipelines.export.folder import Target
from pipelines.export.scratch import SCRATCH


def test_the_same_export_again_changes_nothing(run, out):
    export([run], out, ExportOptions(formats=("sft",)))
    before = tree(out)
    assert export([run], out, ExportOptions(formats=("sft",))).there
    assert tree(out) == before


def test_an_out_that_holds_something_else_is_refused(run, out, tmp_path):
    export([run], out, ExportOptions(formats=("sft",)))
    for where, match in ((out, "another export"), (run, "something else")):
        before = tree(where)
        with pytest.raises(BadInput, match=match):
            export([run], where, ExportOptions(formats=("prm",)))
        assert tree(where) == before


def test_two_at_a_time_do_not_export_to_one_place(run, out):
    Path(out).mkdir()
    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BadInput, match="another export is writing"):
        export([run], out, ExportOptions(formats=("sft",)))
    os.close(handle)


@pytest.mark.parametrize(("where", "calls"), [("local", 0), ("local", 1), ("s3", 0), ("s3", 1), ("s3", 4)])
def test_wherever_a_kill_hits_nothing_looks_whole_and_it_can_be_repeated(
    run, tmp_path, monkeypatch, request, where, calls
):
    out = str(tmp_path / "out") if where == "local" else f"s3://{request.getfixturevalue('s3_bucket')}/out"
    options = ExportOptions(formats=FORMATS, split=Split(test=0.3))
    expected = tree(export([run], str(tmp_path / "expected"), options).out)
    with monkeypatch.context() as patched:
        _die_after(calls, patched)
        with pytest.raises(SystemExit):
            export([run], out, options)
    store = open_store(out)
    assert store.size("manifest.json") is None
    assert store.size(UNFINISHED) is not None or not list(store.entries())
    export([run], out, options)
    assert {entry.name for entry in store.entries()} == set(expected)
    assert {name: hashlib.sha256(store.read(name)).hexdigest() for name in expected} == expected


def _die_after(calls, patched):
    """Ends like a SIGKILL, without any clean-up: in the publishing after so many calls of it, at 0 before it."""
    left = [calls]

    def counted(call):
        def counting(*arguments):
            if not left[0]:
                raise SystemExit
            left[0] -= 1
            return call(*arguments)

        return counting

    publish = Target.publish

    def dying(self, files, small):
        store = self.store
        for name in ("create_from", "create", "delete"):
            patched.setattr(type(store), name, counted(getattr(type(store), name)))
        if left[0] == 0:
            raise SystemExit
        publish(self, files, small)
        raise AssertionError("published all the same")

    patched.setattr(Target, "publish", dying)
    patched.setattr(export_scratch.shutil, "rmtree", lambda *_, **__: None)


def test_a_full_disk_is_one_sentence_and_leaves_nothing(run, out, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_module, "write_shard", full)
    with pytest.raises(StorageFailed, match=r"cannot write to .*out: No space left"):
        export([run], out, ExportOptions(formats=("sft",)))
    assert not Path(out).exists()


def test_an_export_that_lacks_files_is_not_said_to_be_there(run, out):
    [gone] = export([run], out, ExportOptions(formats=("sft",))).files("sft")
    Path(gone).write_bytes(b"short")
    with pytest.raises(BadInput, match=r"lacks data/sft/train-\S+ of [\d,]+ bytes.* holds one of 5\b"):
        export([run], out, ExportOptions(formats=("sft",)))
    Path(gone).unlink()
    with pytest.raises(
        BadInput, match=r"lacks data/sft/train-\S+ of [\d,]+ bytes, which its manifest.json names\. .*delete this"
    ):
        export([run], out, ExportOptions(formats=("sft",)))


def test_the_order_of_formats_and_where_a_benchmark_lies_make_no_other_export(run, out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("benchmark.jsonl").write_text(json.dumps({"question": "What is 3 + 1?"}) + "\n")
    export([run], out, ExportOptions(formats=("sft", "prm"), decontaminate=("benchmark.jsonl",)))
    assert export([run], out, ExportOptions(formats=("prm", "sft"), decontaminate=("./benchmark.jsonl",))).there


def test_another_version_of_the_factory_makes_another_export(run, out, monkeypatch):
    export([run], out, ExportOptions(formats=("sft",)))
    monkeypatch.setattr(export_manifest, "version", lambda _: "99")
    with pytest.raises(BadInput, match="another version of the factory"):
        export([run], out, ExportOptions(formats=("sft",)))


def test_an_export_that_ends_just_before_the_lock_is_left_as_it_is(run, out, monkeypatch):
    claim, before = export_folder.scratch_for, []

    def late(url, local):
        monkeypatch.undo()
        export([run], out, ExportOptions(formats=("sft",)))
        before.append(tree(out))
        return claim(url, local)

    monkeypatch.setattr(export_folder, "scratch_for", late)
    with pytest.raises(BadInput, match="has ended meanwhile"):
        export([run], out, ExportOptions(formats=("prm",)))
    assert [tree(out)] == before


@pytest.mark.parametrize("after", [0, 1])
def test_of_two_exports_to_one_url_the_earlier_fails_and_the_later_is_whole(run, s3_bucket, monkeypatch, after):
    """Two machines, as a scheduler's retry is: the later one comes when the earlier has published `after` files."""
    out, scratch = f"s3://{s3_bucket}/out", export_folder.scratch_for
    monkeypatch.setattr(export_folder, "scratch_for", lambda url, local: scratch(f"{url}{len(files)}", local))
    create_from, files = S3Store.create_from, []

    def creating(self, name, path):
        files.append(name)
        if len(files) == after + 1:
            export([run], out, ExportOptions(formats=("prm", "orm"), filter=Filter(verdicts=("correct",))))
        return create_from(self, name, path)

    monkeypatch.setattr(S3Store, "create_from", creating)
    with pytest.raises(StorageFailed, match="another export writes to"):
        export([run], out, ExportOptions(formats=("prm", "sft")))
    store = open_store(out)
    manifest = export_folder.manifest_of(store)
    export_folder.check_whole(store, manifest)
    assert manifest["options"]["formats"] == ["prm", "orm"]


def test_a_manifest_that_is_written_while_another_takes_the_place_is_taken_back(run, s3_bucket, monkeypatch):
    store = open_store(f"s3://{s3_bucket}/out")
    create = S3Store.create

    def creating(self, name, data):
        if name == MANIFEST:
            self.replace(UNFINISHED, b"another's")
        return create(self, name, data)

    monkeypatch.setattr(S3Store, "create", creating)
    with pytest.raises(StorageFailed, match="the claim is another's"):
        export([run], store.url, ExportOptions(formats=("sft",)))
    assert (store.size(MANIFEST), store.read(UNFINISHED)) == (None, b"another's")


def test_what_a_killed_export_had_begun_to_upload_is_ended(run, s3_bucket):
    store = open_store(f"s3://{s3_bucket}/out")
    store.create(UNFINISHED, b"{}")
    for key in ("out/data/prm/train-00000-of-00001.parquet", "out/else"):
        store._fs.call_s3("create_multipart_upload", Bucket=s3_bucket, Key=key)
    export([run], store.url, ExportOptions(formats=("sft",)))
    assert [name.partition("?")[0] for name in store.orphans()] == ["else"]


def test_scratch_of_a_url_is_one_locked_folder_that_is_emptied_and_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = export_scratch.temporary_for("s3://b/out") / SCRATCH / "left"
    left.mkdir(parents=True)
    with export_scratch.scratch_for("s3://b/out", None) as folder:
        assert list(folder.iterdir()) == []
        with pytest.raises(BadInput, match="another export is writing to s3://b/out"):
            export_scratch.scratch_for("s3://b/out", None).__enter__()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["file", "file/within"])
def test_an_out_that_cannot_be_a_folder_is_refused_in_words_of_an_export(run, tmp_path, out):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match=r"/file is a file.* choose another OUT\.$"):
        export([run], str(tmp_path / out), ExportOptions(formats=("sft",)))


def test_only_what_fails_in_writing_is_called_so(run, out, monkeypatch, s3_bucket):
    def full(*_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        export(
            [run], out, ExportOptions(formats=("sft",)), say=lambda line: full() if line.startswith("shards") else None
        )
    monkeypatch.setattr(export_module, "write_rows", full)
    with pytest.raises(StorageFailed, match=r"cannot write to /\S+/factory-export-\S+: No space .* set TMPDIR"):
        export([run], f"s3://{s3_bucket}/out", ExportOptions(formats=("sft",)))
