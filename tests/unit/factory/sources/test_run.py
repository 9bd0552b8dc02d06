"""Earlier runs as a source of questions with their solutions."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.errors import BadInput
from factory.records.record import Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.shards.commits import commit
from factory.sources.run import Config, questions
from factory.types import Outcome, Question, Sampling, Step, Verdict

MADE_BY = Provenance(
    run_id="r", engine="e", model="m", model_revision="", prompt_id="p", checker="c/1", checker_policy="h",
    labeller="l", sampling=Sampling(),
)  # fmt: skip


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """Run of two questions: one with two right solutions, a wrong one and two right ones cut off, one with a wrong."""
    trees = [Tree(Question(text="a", gold="1", metadata={"preamble": "x"})), Tree(Question(text="b", gold="2"))]
    ends = [
        ("one", "correct", "stop"),
        ("two", "correct", "stop"),
        ("no", "incorrect", "stop"),
        ("cu", "correct", "length"),
        ("cut", "correct", "answered"),
    ]
    for tree, endings in zip(trees, [ends, ends[2:3]], strict=True):
        for text, outcome, finish in endings:
            verdict = Verdict(outcome=Outcome(outcome))
            tree.add(tree.root, [Step(text=text, token_ids=(1,))], verdict, finish_reason=finish, method="sample")
    rows = [question_row(tree, {}, Cost(), MADE_BY) for tree in trees]
    (tmp_path / "data").mkdir()
    commit(tmp_path, "unit", to_batch(rows), tally(rows))
    return tmp_path


def given(run_dir: Path, **config: object) -> dict[str, tuple[str, ...]]:
    return {found.text: found.given for found in questions(Config(path=str(run_dir), **config))}


def test_right_solutions_come_along_and_questions_without_one_do_not(run_dir: Path) -> None:
    assert given(run_dir) == {"a": ("one", "two")}


def test_another_verdict_or_any_can_be_asked_for(run_dir: Path) -> None:
    assert given(run_dir, verdict="incorrect") == {"a": ("no",), "b": ("no",)}
    assert given(run_dir, verdict="any") == {"a": ("one", "two", "no"), "b": ("no",)}
    assert given(run_dir, verdict="none") == {"a": (), "b": ()}


def test_solutions_per_question_are_bounded(run_dir: Path) -> None:
    assert given(run_dir, max_solutions=1) == {"a": ("one",)}


def test_a_question_keeps_its_identity_and_metadata(run_dir: Path) -> None:
    [found] = questions(Config(path=str(run_dir)))
    assert found.id == Question(text="a", gold="1").id
    assert found.metadata == {"preamble": "x"}


def test_a_folder_without_shards_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no committed records"):
        list(questions(Config(path=str(tmp_path))))


@pytest.mark.parametrize("wrong", [{"verdict": "right"}, {"max_solutions": 0}, {"max_solutions": 65}])
def test_a_config_that_cannot_be_met_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        Config(**wrong)
