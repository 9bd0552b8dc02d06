"""Files that a training takes for its data."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.training_data.files import data_files, digests
from factory.errors import TrainingFailed
from factory.export.split import VALIDATION


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_the_shards_of_each_split_are_found_in_order(tmp_path: Path) -> None:
    names = [f"data/{split}-0000{n}-of-00002.parquet" for split in ("train", "validation", "test") for n in (1, 0)]
    touch(tmp_path, *names, "data/train-0.parquet.tmp")
    assert [path.name[:14] for path in data_files(str(tmp_path))] == ["train-00000-of", "train-00001-of"]
    assert len(data_files(str(tmp_path), VALIDATION)) == 2
    assert list(digests(str(tmp_path))) == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    assert digests(str(tmp_path)) == digests(f"file://{tmp_path}")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"], "lacks 1 of its 3 shards, .* number 1"),
        (["train-00000-of-00001.parquet", "train-00000-of-00002.parquet"], "mixes shards of several exports"),
        (["train-00000-of-00001.parquet", "train-more.parquet"], "mixes shards of several exports"),
        (["data/prm/train-0.parquet", "data/orm/train-0.parquet"], "holds the configs orm, prm; name one .*/data/orm"),
        (["prm/train-0.parquet"], "holds the configs prm; .*/prm"),
        (["data/validation-0.parquet"], "holds no training data"),
    ],
)
def test_a_folder_that_is_not_one_whole_export_of_one_config_is_refused(
    tmp_path: Path, names: list[str], message: str
) -> None:
    with pytest.raises(TrainingFailed, match=message):
        data_files(str(touch(tmp_path, *names)))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_an_export_that_is_not_finished_is_refused(tmp_path: Path, scheme: str) -> None:
    touch(tmp_path, "data/prm/train-0.parquet", "export.unfinished.json")
    with pytest.raises(TrainingFailed, match="is unfinished"):
        digests(f"{scheme}{tmp_path}/data/prm")
    touch(tmp_path, "manifest.json")
    assert digests(f"{scheme}{tmp_path}/data/prm")
