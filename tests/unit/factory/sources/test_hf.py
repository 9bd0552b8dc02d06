"""`datasets.load_dataset` in, questions out, tried on a local folder so that no network is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from factory.errors import BadInput
from factory.sources.hf import Config, questions


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    data = tmp_path / "data"
    data.mkdir()
    (data / "train.jsonl").write_text(
        '{"question": "a", "answer": "1", "x": 0}\n{"question": "b", "answer": "2", "x": 0}\n'
    )
    return str(data)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_local_folder_is_read(folder: str, streaming: bool) -> None:
    found = list(questions(Config(path=folder, streaming=streaming)))
    assert [(q.text, q.gold, q.source) for q in found] == [("a", "1", folder), ("b", "2", folder)]


def test_the_config_is_a_structured_config() -> None:
    assert OmegaConf.to_object(OmegaConf.structured(Config)) == Config()


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [({"split": "test"}, "split 'test'.*cannot be read"), ({"question_column": "quest"}, "Did you mean 'question'")],
)
def test_a_wrong_split_or_column_is_bad_input(
    folder: str, streaming: bool, wrong: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint) as caught:
        list(questions(Config(path=folder, streaming=streaming, **wrong)))
    assert "\n" not in str(caught.value)


def test_a_path_that_is_none_is_bad_input(tmp_path: Path) -> None:
    for path in ("", f"{tmp_path}/nowhere"):
        with pytest.raises(BadInput):
            list(questions(Config(path=path)))


def test_every_call_gets_fresh_storage_options(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def mutating(*args: Any, storage_options: dict[str, Any], **kwargs: Any) -> Any:
        storage_options.clear()
        return datasets.Dataset.from_list([{"question": "a", "answer": "1"}])

    monkeypatch.setattr(datasets, "load_dataset", mutating)
    config = Config(path="s3://bucket/data", storage_options={"key": "k"})
    assert len(list(questions(config))) == 1
    assert config.storage_options == {"key": "k"}


def test_an_unreachable_hub_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    def offline(*args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("Couldn't reach\nthe hub")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(BadInput, match=r"data set 'openai/gsm8k' .*Couldn't reach the hub.*check the id"):
        list(questions(Config(path="openai/gsm8k", name="main")))


@pytest.mark.parametrize("streaming", [False, True])
def test_names_lead_into_nested_columns(folder: str, streaming: bool) -> None:
    row = '{"question": {"stem": "q", "choices": ["x", "y"]}, "answers": ["2", "two"], "other": 1}\n'
    (Path(folder) / "train.jsonl").write_text(row)
    config = Config(path=folder, streaming=streaming, question_column="question.stem", answer_column="answers[0]")
    config.metadata_columns = ["choices=question.choices"]
    (one,) = questions(config)
    assert (one.text, one.gold, one.metadata) == ("q", "2", {"choices": '["x", "y"]'})
