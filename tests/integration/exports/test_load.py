"""Exports read by `datasets` as they lie: locally and from S3, with a card and without."""

from __future__ import annotations

import os

import pytest
from support.exports.exports import committed, record, solution

from factory.export.split import Split
from pipelines.dataset_card.card import write_card
from pipelines.export.export import ExportOptions, export

WISH = ExportOptions(formats=("prm800k", "prm", "sft"), split=Split(test=0.4))


def loaded(*place, cache, **how):
    """Return what `datasets` loads from there; every process that only collects tests would wait for it at the top."""
    import datasets

    return datasets.load_dataset(*place, **how, cache_dir=str(cache))


@pytest.fixture
def run(tmp_path):
    rows = [record(f"What is {n} + 1?", solution(f"it is\n{n}"), solution("no\nno", right=False)) for n in range(10)]
    return committed(tmp_path / "run", rows)


@pytest.mark.parametrize("card", [False, True])
def test_every_parquet_format_is_a_config_with_its_splits(run, tmp_path, card):
    done = export([run], str(tmp_path / "out"), WISH)
    if card:
        write_card(done.out, "mit")
    for name in ("prm", "sft"):
        found = loaded(done.out, name, cache=tmp_path / "cache")
        assert {(name, split): len(rows) for split, rows in found.items()} == {
            key: rows for key, rows in done.rows.items() if key[0] == name
        }
    assert found["train"][0]["messages"][0]["role"] == "user"


@pytest.mark.parametrize("card", [False, True])
def test_json_lines_beside_parquet_are_loaded_by_their_folder(run, tmp_path, card):
    done = export([run], str(tmp_path / "out"), WISH)
    if card:
        write_card(done.out, "mit")
    found = loaded(done.out, data_dir="data/prm800k", cache=tmp_path / "cache")
    assert {("prm800k", split): len(rows) for split, rows in found.items()}.items() <= done.rows.items()
    assert "label" in found["train"].features


def test_json_lines_alone_are_configs(run, tmp_path):
    done = export([run], str(tmp_path / "out"), ExportOptions(formats=("prm800k",)))
    found = loaded(done.out, "prm800k", cache=tmp_path / "cache")
    assert len(found["train"]) == done.rows["prm800k", "train"]


def test_from_s3_a_format_is_loaded_by_its_files(run, tmp_path, s3_bucket):
    done = export([run], f"s3://{s3_bucket}/out", WISH)
    options = {
        "key": os.environ["AWS_ACCESS_KEY_ID"],
        "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
        "endpoint_url": os.environ["AWS_ENDPOINT_URL"],
    }
    found = loaded(
        "parquet",
        data_files={split: f"{done.out}/data/prm/{split}-*.parquet" for split in ("train", "test")},
        storage_options=options,
        cache=tmp_path / "cache",
    )
    assert {("prm", split): len(rows) for split, rows in found.items()}.items() <= done.rows.items()
