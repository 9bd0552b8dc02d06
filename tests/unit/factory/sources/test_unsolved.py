"""Questions of an earlier run that nothing right was found for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from factory.errors import BadInput
from factory.records.record import Failure, Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.shards.commits import commit
from factory.sources.unsolved import Config, questions
from factory.types import Outcome, Question, Sampling, Step, Verdict

MADE_BY = Provenance(
    run_id="r", engine="e", model="m", model_revision="", prompt_id="p", checker="c/1", checker_policy="h",
    labeller="l", sampling=Sampling(),
)  # fmt: skip
FAILURE = Failure(stage="generate", type="EngineFailed", message="gone")


def run_of(folder: Path, endings: Mapping[str, list[tuple[str, str]]], failed: str = "") -> str:
    """A run with a question per text, each with solutions of these (outcome, finish reason)."""
    rows = []
    for text, solutions in endings.items():
        tree = Tree(Question(text=text, gold="1", metadata={"level": text}, licence="MIT", source="s"))
        for number, (outcome, finish) in enumerate(solutions):
            steps = [Step(text=f"solution {number}", token_ids=(1,))]
            tree.add(tree.root, steps, Verdict(outcome=Outcome(outcome)), finish_reason=finish, method="sample")
        rows.append(question_row(tree, {}, Cost(), MADE_BY, failure=FAILURE if text == failed else None))
    (folder / "data").mkdir()
    commit(folder, "unit", to_batch(rows), tally(rows))
    return str(folder)


def left(path: str) -> list[str]:
    return [question.text for question in questions(Config(path=path))]


def test_what_was_not_solved_comes_again_in_order(tmp_path: Path) -> None:
    endings = {
        "wrong": [("incorrect", "stop")],
        "right": [("incorrect", "stop"), ("correct", "stop")],
        "cut off": [("correct", "length")],
        "unjudged": [("unparsable", "stop"), ("timeout", "stop"), ("error", "stop")],
        "nothing": [],
    }
    assert left(run_of(tmp_path, endings)) == ["wrong", "cut off", "unjudged", "nothing"]


def test_it_is_the_question_of_then(tmp_path: Path) -> None:
    [found] = questions(Config(path=run_of(tmp_path, {"a": [("incorrect", "stop")]})))
    assert found == Question(text="a", gold="1", metadata={"level": "a"}, licence="MIT", source="s")


def test_a_failed_question_is_unsolved_unless_it_was_solved_before_it_failed(tmp_path: Path) -> None:
    assert left(run_of(tmp_path, {"a": [], "b": [("correct", "stop")]}, failed="a")) == ["a"]
    (tmp_path / "other").mkdir()
    assert left(run_of(tmp_path / "other", {"b": [("correct", "stop")]}, failed="b")) == []


def test_a_run_that_solved_everything_has_none_left(tmp_path: Path) -> None:
    assert left(run_of(tmp_path, {"a": [("correct", "stop")]})) == []


def test_no_folder_and_no_records_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"source\.path is empty"):
        left("")
    with pytest.raises(BadInput, match="no committed records"):
        left(str(tmp_path))
