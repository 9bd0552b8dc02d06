"""Screens of an export: what its questions are held against, and what is reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factory.decontamination.contamination import MatchSettings
from factory.errors import BadInput
from pipelines.export.screen import BenchmarkScreen, Repeated

QUESTION = "Ann has 3 red pens and buys 14 more of them in a shop nearby. How many red pens does Ann have by then?"
REWORDED = "How many red pens does Ann by then have? She has 3 red pens and buys 14 more in a nearby shop."


def written(folder: Path, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "test.json").write_text(json.dumps([{"question": text}]))
    return str(folder / "test.json")


def test_reworded_questions_may_be_kept_and_thresholds_chosen(tmp_path: Path) -> None:
    benchmark = written(tmp_path, QUESTION)
    assert BenchmarkScreen([benchmark])("q", REWORDED)
    kept = BenchmarkScreen([benchmark], keep_reworded=True)
    assert not kept("q", REWORDED)
    assert json.loads(kept.files()["decontamination.json"])["matched_and_kept"]["reworded"] == 1
    strict = BenchmarkScreen([benchmark], MatchSettings(reworded=1.0, ngram=8))
    assert not strict("q", REWORDED)
    assert json.loads(strict.files()["decontamination.json"])["settings"]["ngram"] == 8


def test_benchmarks_of_one_name_are_counted_apart(tmp_path: Path) -> None:
    screen = BenchmarkScreen([written(tmp_path / "x", QUESTION), written(tmp_path / "y", "unlike anything else")])
    screen("q", QUESTION)
    report = screen.files()["decontamination.md"].decode()
    assert "| `x/test.json` | 1 | 1 |\n| `y/test.json` | 1 | 0 |" in report


def test_questions_dropped_as_similar_are_shown_beside_those_that_stay() -> None:
    changed = QUESTION.replace("nearby", "close by")
    same = Repeated("minhash", threshold=0.7)
    assert same([("1 a", QUESTION), ("2 b", changed)]) == {"2 b": "1 a"}
    [pair] = json.loads(same.files()["near_duplicates.json"])["pairs"]
    assert (pair["dropped"], pair["kept"]) == ("b", "a")
    assert (pair["dropped_text"], pair["kept_text"]) == (changed, QUESTION)
    shown = same.files()["near_duplicates.md"].decode()
    assert QUESTION in shown
    assert changed in shown
    assert Repeated("exact").files() == {}


@pytest.mark.parametrize(("method", "threshold"), [("minhahs", 0.8), ("minhash", 0.1)])
def test_what_cannot_be_asked_for_is_bad_input(method: str, threshold: float) -> None:
    with pytest.raises(BadInput, match=r"'minhash'\?|from 0\.7 to 1"):
        Repeated(method, threshold)
