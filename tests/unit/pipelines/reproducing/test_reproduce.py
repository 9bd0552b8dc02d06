"""A question worked on again in this process: equal to its record, or what differs and why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.runs import settings_for
from support.validation import committed

from factory.errors import BadInput
from factory.records.record import to_batch
from factory.storage.opening import open_store
from factory.types import Question
from pipelines.reproducing.reproduce import Reproduction, _worked, question_of, reproduce, unseeded
from pipelines.run.run_folder import bind
from pipelines.run.settings import Settings
from tools.commands.inspect import records_named

QUESTION = Question(text="What is 20 + 22?", gold="42", source="sums", id="q1", metadata={"level": "1"})
RIGHT, WRONG = "20 and 22 are added.\nThe answer is 42.", "20 and 22 are added.\nThe answer is 44."
SECTIONS: Mapping[str, Any] = {
    "engine": {"kind": "scripted", "solutions": {"20 + 22": [RIGHT, WRONG, WRONG]}},
    "supervision": {"method": "scan"},
    "checker": {"kind": "number"},
}


def recorded(settings: Settings, question: Question = QUESTION) -> dict[str, Any]:
    """Return the row of a question as a run writes it."""
    store = open_store(settings.run.dir)
    row, _, _ = asyncio.run(_worked(settings, store, question, None, [], lambda line: None))
    [read] = to_batch([row]).to_pylist()
    return dict(read)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a run in a folder that holds its config."""
    settings = settings_for(tmp_path / "run", **SECTIONS)
    bind(settings, open_store(settings.run.dir))
    return settings


def again(settings: Settings, record: Mapping[str, Any]) -> Reproduction:
    return reproduce(settings.run.dir, record)


def differing(done: Reproduction) -> set[str]:
    return {part.name for part in done.parts if not part.same}


def test_the_same_question_comes_out_equal_though_its_source_is_gone(settings: Settings) -> None:
    record = recorded(settings)
    assert {one["verdict"] for one in record["solutions"]} == {"correct", "incorrect"}
    done = again(settings, record)
    assert (done.equal, done.remarks, differing(done)) == (True, [], set())
    assert "What is 20 + 22?" in str(done.prompt)
    assert done.figures()["parts"]["samples"]["same"]


def test_the_record_holds_the_whole_question() -> None:
    row = {
        "question": "Q",
        "gold_answer": "1",
        "source": "s",
        "question_id": "i",
        "solutions": [],
        "metadata": [("a", "b")],
    }
    assert question_of(row) == Question(text="Q", gold="1", source="s", id="i", metadata={"a": "b"})


def test_given_solutions_are_given_again(settings: Settings) -> None:
    record = recorded(settings, replace(QUESTION, given=(WRONG,)))
    assert question_of(record).given == (WRONG,)
    assert again(settings, record).equal


def test_a_sample_that_differs_is_shown_where_it_parts(settings: Settings) -> None:
    record = recorded(settings)
    record["solutions"][0] = {**record["solutions"][0], "text": RIGHT.replace("42", "43"), "solution_id": "other"}
    done = again(settings, record)
    assert "samples" in differing(done)
    assert any("parts behind 36 characters" in remark for remark in done.remarks)


def test_a_label_that_differs_beside_equal_samples_is_laid_to_what_the_run_had_learnt(settings: Settings) -> None:
    record = recorded(settings)
    steps = record["solutions"][0]["steps"]
    steps[0] = {**steps[0], "label": -steps[0]["label"]}
    done = again(settings, record)
    assert differing(done) == {"labels"}
    assert [remark for remark in done.remarks if "learnt from other questions" in remark]
    assert [line for line in done.differences if "labels" in line]


def test_other_weights_and_another_prompt_are_named_first(settings: Settings) -> None:
    record = recorded(settings)
    for one in record["solutions"]:
        one.update(model_revision="0123", prompt_id="other")
    done = again(settings, record)
    assert differing(done) == {"weights", "prompt"}
    assert done.remarks[0].startswith("not the same as then: prompt, weights")


def test_a_question_that_failed_fails_again(tmp_path: Path) -> None:
    sections = {**SECTIONS, "engine": {**SECTIONS["engine"], "max_model_len": 3}}
    settings = settings_for(tmp_path / "run", **sections)
    bind(settings, open_store(settings.run.dir))
    record = recorded(settings)
    assert record["status"] == "failed"
    done = again(settings, record)
    assert done.equal
    assert "PromptTooLong" in next(part.now for part in done.parts if part.name == "status")


def test_it_is_asked_for_as_much_as_when_it_was_recorded(settings: Settings) -> None:
    record = recorded(settings)
    raised = replace(settings, search=replace(settings.search, config=replace(settings.search.config, n=8)))
    store = open_store(settings.run.dir)
    store.replace("manifests/effort.json", json.dumps(raised.effort).encode())
    assert again(settings, record).equal


def test_a_record_of_an_older_schema_is_compared_in_what_it_knows(settings: Settings) -> None:
    record = {**recorded(settings), "schema_version": "3"}
    for one in record["solutions"]:
        one.update(score=None, role=None, independent=None, counted_at=None)
        for step in one["steps"]:
            step["confidence"] = None
    record["cost"].update(roles=None, money=None)
    assert again(settings, record).equal


def test_weights_that_are_gone_are_said(settings: Settings, tmp_path: Path) -> None:
    record = recorded(settings)
    log = {"engine": {"weights": str(tmp_path / "no/such/weights")}, "ended": "now"}
    open_store(settings.run.dir).replace("logs/attempt_1/attempt.json", json.dumps(log).encode())
    assert "the run's weights are gone" in again(settings, record).remarks[0]


def test_a_run_without_seeds_says_that_its_samples_cannot_repeat(tmp_path: Path) -> None:
    vllm = settings_for(tmp_path / "a", engine={"kind": "vllm"})
    assert "without seeds" in unseeded(vllm)
    assert not unseeded(settings_for(tmp_path / "b", engine={"kind": "vllm", "seeded": True}))
    assert not unseeded(settings_for(tmp_path / "c", engine={"kind": "vllm"}, sampling={"temperature": 0.0}))
    assert not unseeded(settings_for(tmp_path / "d"))


def test_a_model_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "run", engine={"kind": "vllm"})
    settings = replace(settings, model=str(tmp_path / "no/such/model"))
    plain = {**settings.plain, "model": str(tmp_path / "no/such/model")}
    bind(replace(settings, plain=plain), open_store(settings.run.dir))
    record = {"question": "Q", "gold_answer": "1", "source": "s", "question_id": "i", "solutions": []}
    with pytest.raises(BadInput, match="no/such/model"):
        reproduce(settings.run.dir, record)


def test_a_question_that_is_not_there_is_one_sentence(settings: Settings) -> None:
    with pytest.raises(BadInput, match="holds no committed records"):
        records_named(settings.run.dir, "q1")
    committed(Path(settings.run.dir), "u0", [recorded(settings)])
    assert records_named(settings.run.dir, "q")[0]["question_id"] == "q1"
    with pytest.raises(BadInput, match="no question 'x'"):
        records_named(settings.run.dir, "x")
