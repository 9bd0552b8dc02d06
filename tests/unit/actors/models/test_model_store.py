"""Models in a store: fetched as they are now, uploaded whole, trained on copies. A folder's URL stands for S3's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from support.waiting import HANGS_S

from actors.models import in_use, model_store
from actors.models.model_store import ensure_local, fetch_model, upload
from actors.trained_models.copies import train_on_copied_data, train_on_copies, uploaded
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import Trained, TrainingJob, as_json
from factory.storage.access import Access


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def model(folder: Path, weights: str, *, whole: bool = True) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text(weights)
    if whole:
        trained = as_json(Trained(folder=str(folder), revision=weights))
        files = {path.name: {"bytes": path.stat().st_size, "sha256": weights} for path in sorted(folder.iterdir())}
        (folder / "manifest.json").write_text(json.dumps({"files": files, "training": trained}))
    return folder


def weights_in(folder: str) -> str:
    return (Path(folder) / "model.safetensors").read_text()


def test_what_was_uploaded_is_fetched_once(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/store/model"
    upload(str(model(tmp_path / "local", "one")), url, Access())
    folder = fetch_model(url, Access())
    assert weights_in(folder) == "one"
    assert fetch_model(url, Access()) == ensure_local(url, Access()) == folder


@pytest.mark.parametrize("whole", [True, False], ids=["with a manifest", "without"])
def test_a_model_that_was_replaced_by_one_of_the_same_size_is_not_taken_for_it(tmp_path: Path, whole: bool) -> None:
    url = f"file://{tmp_path}/store"
    upload(str(model(tmp_path / "a", "one", whole=whole)), url, Access())
    assert weights_in(fetch_model(url, Access())) == "one"
    upload(str(model(tmp_path / "b", "two", whole=whole)), url, Access())
    assert weights_in(fetch_model(url, Access())) == "two"


def test_no_model_and_half_a_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no config\.json"):
        fetch_model(f"file://{tmp_path}/nowhere", Access())
    (model(tmp_path / "half", "one") / "model.safetensors").write_text("o")
    with pytest.raises(BadInput, match="not whole"):
        fetch_model(f"file://{tmp_path}/half", Access())


def test_models_that_nobody_has_asked_for_lately_make_room(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "KEPT", 1)
    monkeypatch.setattr(in_use, "MOST", 1)
    folders = [fetch_model(f"file://{model(tmp_path / name, name)}", Access()) for name in ("a", "b")]
    (cache / "fetched/under-way.tmp").mkdir()
    assert all(Path(folder).is_dir() for folder in folders)  # within the hour
    for path in (*folders, str(cache / "fetched/under-way.tmp")):
        os.utime(path, (0, 0))
    last = fetch_model(f"file://{model(tmp_path / 'c', 'c')}", Access())
    assert [Path(folder).is_dir() for folder in (*folders, last)] == [False, False, True]
    assert (cache / "fetched/under-way.tmp").is_dir()


@pytest.fixture
def job(tmp_path: Path) -> TrainingJob:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train-0.parquet").write_text("rows")
    places = {name: f"file://{tmp_path}/{name}" for name in ("data", "out", "work")}
    return TrainingJob(model=str(model(tmp_path / "base", "base")), seed=1, **places)


def trainer(said: str, seen: list[TrainingJob]):
    def train(job: TrainingJob) -> Trained:
        seen.append(job)
        assert (Path(job.data) / "train-0.parquet").read_text() == "rows"
        Path(job.work).mkdir(parents=True, exist_ok=True)
        (Path(job.work) / "metrics.jsonl").write_text(said)
        if said == "fails":
            raise RuntimeError(said)
        model(Path(job.out), said)
        return Trained(folder=job.out, revision=said)

    return train


def test_a_training_on_copies_leaves_model_and_metrics_in_the_store_and_is_not_done_twice(
    job: TrainingJob, tmp_path: Path, cache: Path
) -> None:
    seen: list[TrainingJob] = []
    trained = train_on_copies(job, Access(), trainer("one", seen))
    assert (trained.folder, trained.revision) == (job.out, "one")
    assert weights_in(fetch_model(job.out, Access())) == "one"
    assert (tmp_path / "work/metrics.jsonl").read_text() == "one"
    assert not list((cache / "training").iterdir())
    assert train_on_copies(job, Access(), trainer("two", seen)).revision == "one"
    assert len(seen) == 1


def test_a_training_on_data_in_a_store_leaves_its_model_here_and_no_copy_of_them(
    job: TrainingJob, tmp_path: Path
) -> None:
    seen: list[TrainingJob] = []
    here = replace(job, out=str(tmp_path / "here"), work=str(tmp_path / "checkpoints"))
    assert train_on_copied_data(here, Access(), trainer("one", seen)).folder == here.out
    assert weights_in(here.out) == "one"
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["metrics.jsonl"]


def test_of_data_in_a_store_only_what_a_training_reads_is_copied(job: TrainingJob, tmp_path: Path) -> None:
    for name in ("validation-0.parquet", "test-0.parquet", "notes.txt"):
        (tmp_path / "data" / name).write_text("other")
    found: list[str] = []

    def train(job: TrainingJob) -> Trained:
        found.extend(sorted(path.name for path in Path(job.data).rglob("*")))
        return trainer("one", [])(job)

    train_on_copies(job, Access(), train)
    assert found == ["train-0.parquet", "validation-0.parquet"]


def test_half_an_export_in_a_store_is_refused_before_anything_is_copied(job: TrainingJob, tmp_path: Path) -> None:
    (tmp_path / "data/train-0.parquet").rename(tmp_path / "data/train-00001-of-00002.parquet")
    with pytest.raises(TrainingFailed, match="lacks 1 of its 2 shards"):
        train_on_copies(job, Access(), trainer("one", []))


def test_what_another_run_of_that_name_has_left_on_the_machine_is_not_published(
    job: TrainingJob, tmp_path: Path
) -> None:
    seen: list[TrainingJob] = []
    with pytest.raises(RuntimeError):
        train_on_copies(job, Access(), trainer("fails", seen))
    assert (tmp_path / "work/metrics.jsonl").read_text() == "fails"
    model(Path(seen[0].out), "old")
    assert train_on_copies(job, Access(), trainer("new", seen)).revision == "new"
    assert weights_in(fetch_model(job.out, Access())) == "new"
    assert uploaded(replace(job, out=job.out + "x").out, Access()) is None


def test_a_model_without_a_manifest_is_fetched_once_while_it_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{model(tmp_path / 'store', 'one', whole=False)}"
    folder = fetch_model(url, Access())
    monkeypatch.setattr(model_store, "fetch_files", lambda *_: pytest.fail("fetched again"))
    assert fetch_model(url, Access()) == folder


def test_a_model_that_is_replaced_stays_where_it_is_in_use(tmp_path: Path) -> None:
    url = f"file://{tmp_path}/store"
    model(tmp_path / "store", "one", whole=False)
    first = fetch_model(url, Access())
    (tmp_path / "store/model.safetensors").write_text("two")
    assert weights_in(fetch_model(url, Access())) == "two"
    assert weights_in(first) == "one"


def test_four_processes_that_want_a_model_at_once_download_it_once(tmp_path: Path, cache: Path) -> None:
    folder = model(tmp_path / "store", "one", whole=False)
    code = (
        "import sys\n"
        "from actors.models import model_store\n"
        "from factory.storage.access import Access\n"
        "fetch = model_store.fetch_files\n"
        "model_store.fetch_files = lambda *args: (print('fetching', flush=True), fetch(*args))\n"
        "print(model_store.fetch_model(sys.argv[1], Access()))\n"
    )
    wanting = [
        subprocess.Popen([sys.executable, "-c", code, f"file://{folder}"], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=HANGS_S)[0].split("\n") for process in wanting]
    assert sum(lines.count("fetching") for lines in said) == 1
    assert len({lines[-2] for lines in said}) == 1


def test_a_model_that_is_replaced_while_it_is_fetched_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{model(tmp_path / 'store', 'one', whole=False)}"
    fetch, replaced = model_store.fetch_files, iter(["two"])

    def replacing(*args: Any) -> None:
        fetch(*args)
        for weights in replaced:
            (tmp_path / "store/model.safetensors").write_text(weights)

    monkeypatch.setattr(model_store, "fetch_files", replacing)
    assert weights_in(fetch_model(url, Access())) == "two"


def test_a_model_that_another_process_uses_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_store, "KEPT", 1)
    used, newer = tmp_path / "used", tmp_path / "newer"
    used.mkdir()
    newer.mkdir()
    code = (
        "import sys, pathlib; from actors.models.in_use import hold; hold(pathlib.Path(sys.argv[1])); print(1); input()"
    )
    user = subprocess.Popen(
        [sys.executable, "-uc", code, str(used)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with user:
        assert user.stdout
        assert user.stdin
        assert user.stdout.readline() == "1\n"
        os.utime(used, (0, 0))
        model_store._forget_old(tmp_path)
        assert used.is_dir()
        user.stdin.write("\n")
    model_store._forget_old(tmp_path)
    assert not used.is_dir()


def test_a_model_comes_from_the_hub_through_the_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    @contextmanager
    def gate() -> Iterator[None]:
        seen.append("in")
        yield
        seen.append("out")

    def snapshot_download(repository: str, ignore_patterns: list[str]) -> str:
        seen.append(repository)
        return str(tmp_path)

    monkeypatch.setattr(model_store, "through_gate", gate)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    model_store.fetched_before("org/name")
    assert ensure_local("org/name", Access()) == str(tmp_path)
    assert seen == ["in", "org/name", "out"] * 2
    model_store.fetched_before(str(tmp_path))  # a folder is asked of nobody
    assert len(seen) == 6
