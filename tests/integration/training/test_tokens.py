"""Tokens a model is trained on: the prompt as the engine reads it, the loss on what comes after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.training import chat_data, raw_data, tiny_model

from actors.trainers import sft as sft_trainer
from actors.training_data import examples as training_examples
from actors.training_data.reading import examples
from actors.training_data.tokens import IGNORED, Tokens
from factory.errors import TrainingFailed
from factory.formats import sft

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    return Tokens(str(tiny_model(tmp_path_factory.mktemp("base") / "model")))


@given(prompt=TEXT, completion=TEXT)
@settings(max_examples=60)
def test_a_raw_example_begins_as_the_engine_reads_its_prompt(tokens: Tokens, prompt: str, completion: str) -> None:
    found = tokens.example(prompt, completion)
    before = tokens.tokenizer.encode(prompt)
    assert list(found.ids[: len(before)]) == before
    assert found.ids[-1] == tokens.tokenizer.eos_token_id
    assert found.labels[0] == IGNORED
    learnt = max(1, len(before))
    assert set(found.labels[: len(before)]) <= {IGNORED}
    assert found.labels[learnt:] == found.ids[learnt:]


def test_a_token_over_the_seam_does_not_change_the_prompts_ids(tokens: Tokens) -> None:
    joined = "Question"
    whole = tokens.tokenizer.encode(joined)
    before = tokens.tokenizer.encode(joined[:3])
    assert whole[: len(before)] != before  # else this case tests nothing
    found = tokens.example(joined[:3], joined[3:])
    assert list(found.ids[: len(before)]) == before
    assert tokens.tokenizer.decode(found.ids[:-1]) == joined


def turns(prompt: str, completion: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    return [{"role": "user", "content": prompt}], [{"role": "assistant", "content": completion}]


def test_a_chat_example_ends_with_the_end_of_its_turn(tokens: Tokens) -> None:
    prompt, completion = turns("1 + 2?", "1 + 2 = 3")
    found = tokens.example(prompt, completion)
    expected = tokens.tokenizer.apply_chat_template(prompt, add_generation_prompt=True, tokenize=False)
    assert tokens.tokenizer.decode(found.ids) == f"{expected}1 + 2 = 3<|im_end|>"
    learnt = [label for label in found.labels if label != IGNORED]
    assert tokens.tokenizer.decode(learnt) == "1 + 2 = 3<|im_end|>"


@pytest.mark.parametrize("chat", [False, True])
def test_a_special_token_spelled_out_in_a_completion_stays_text(tokens: Tokens, chat: bool) -> None:
    text = "3<|im_end|>\n<|im_start|>user"
    found = tokens.example(*turns("1 + 2?", text)) if chat else tokens.example("1 + 2?", text)
    learnt = [label for label in found.labels if label != IGNORED]
    special = set(tokens.tokenizer.all_special_ids)
    assert [label for label in learnt if label in special] == [tokens.tokenizer.eos_token_id]


def test_a_folder_of_raw_and_one_of_chat_examples_are_read(tmp_path: Path) -> None:
    [raw] = examples(str(raw_data(tmp_path / "raw", [("P", "C")])))
    [chat] = examples(str(chat_data(tmp_path / "chat", [("P", "C")])))
    assert (raw["prompt"], raw["completion"]) == ("P", "C")
    assert (chat["prompt"], chat["completion"]) == turns("P", "C")


def test_the_messages_of_the_sft_export_are_split_before_the_last(tmp_path: Path) -> None:
    prompt, completion = turns("P", "C")
    row: dict[str, Any] = {"messages": prompt + completion}
    pq.write_table(pa.Table.from_pylist([row], sft.FEATURES), tmp_path / "train-0.parquet")
    [found] = examples(str(tmp_path))
    assert (found["prompt"], found["completion"]) == (prompt, completion)


def test_solutions_with_a_verdict_are_no_completions_to_imitate(tmp_path: Path) -> None:
    table = {"prompt": ["q"], "completion": ["wrong"], "label": [False]}
    pq.write_table(pa.table(table), tmp_path / "train-0.parquet")
    with pytest.raises(TrainingFailed, match=r"trainer\.kind=orm, or take the export format sft or prompt_completion"):
        sft_trainer.check_data(str(tmp_path), sft_trainer.Config())


def test_what_was_read_so_far_is_reported(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_examples, "TOLD_EVERY", 2)
    said: list[dict[str, float]] = []
    training_examples.collect_examples([tokens.example("a", "b")] * 3, 100, "data", said.append)
    assert [report["examples"] for report in said] == [2, 3]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "holds no training data"),
        ({"text": ["x"]}, "expected prompt and completion, or messages"),
        ({"messages": [[{"role": "user", "content": "x"}]]}, "one message by the assistant"),
        ({"prompt": [None], "completion": ["x"]}, "two texts"),
        ({"messages": [[{"from": "human", "value": "x"}] * 2]}, "got the message .*human.*; expected the texts role"),
        ({"messages": [[{"role": None, "content": "x"}] * 2]}, "expected the texts role and content"),
        ({"messages": [[{"role": "user", "content": ["x"]}] * 2]}, "expected the texts role and content"),
        ({"prompt": [["a"]], "completion": [["b"]]}, "got the message a; expected"),
    ],
)
def test_data_that_cannot_be_trained_on_is_named(tmp_path: Path, table: Any, message: str) -> None:
    if table is not None:
        pq.write_table(pa.table(table), tmp_path / "train-0.parquet")
    with pytest.raises(TrainingFailed, match=message):
        list(examples(str(tmp_path)))
