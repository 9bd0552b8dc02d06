"""Annotations as a viewer has them: others' and its own, on a store that may be slow, damaged or down."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.seeing.viewed_run import a_problem, write_object

from factory.annotations.annotation import Annotation
from factory.annotations.kept import keep
from factory.errors import StorageFailed
from factory.storage.opening import open_store
from tools.viewer import annotating as annotating_module
from tools.viewer.annotating import Annotating

ONE = Annotation(
    question_id="q",
    solution_id="s",
    step=0,
    label=1,
    run_label=1,
    run_confidence=0.9,
    note="",
    person="Ann",
    at="2026-11-30T10:00:00.000000+00:00",
)


def annotating_of(folder: Path) -> Annotating:
    """Return what people say of a run without a viewer."""
    return Annotating(lambda name: open_store(folder / name), lambda: [""], None)


def said(made: Annotating) -> int:
    """Return how many annotations count, once it has looked again."""
    made.look_now()
    return made.said.agreement.annotations


def test_one_whose_clock_is_behind_is_seen_behind_however_many_others(tmp_path: Path) -> None:
    for step in range(230):
        keep(tmp_path, replace(ONE, step=step))
    made = annotating_of(tmp_path)
    assert said(made) == 230
    keep(tmp_path, replace(ONE, person="Bob", at="2026-11-30T09:00:00.000000+00:00"))
    assert said(made) == 231


def test_one_that_is_removed_counts_no_more(tmp_path: Path) -> None:
    name = keep(tmp_path, ONE)
    made = annotating_of(tmp_path)
    assert said(made) == 1
    (tmp_path / name).unlink()
    assert said(made) == 0


def test_a_damaged_one_is_told_and_the_others_count(tmp_path: Path) -> None:
    made = annotating_of(tmp_path)
    keep(tmp_path, ONE)
    assert said(made) == 1
    damaged = keep(tmp_path, replace(ONE, step=1))
    (tmp_path / damaged).write_text("[" * 60_000)
    keep(tmp_path, replace(ONE, step=2, at="2026-11-30T11:00:00.000000+00:00"))
    assert said(made) == 2
    assert damaged in made.trouble
    (tmp_path / damaged).unlink()
    assert (said(made), made.trouble) == (2, "")


def test_a_store_that_is_down_keeps_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path, ONE)
    made = annotating_of(tmp_path)
    assert said(made) == 1

    def down(*asked: Any, **more: Any) -> Any:
        raise StorageFailed("s3://bucket/run does not answer")

    monkeypatch.setattr(annotating_module, "annotations_in", down)
    assert said(made) == 1
    assert "does not answer" in made.trouble


def test_a_slow_store_keeps_no_answer_waiting(run: Path, viewer_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    listing, go_on = threading.Event(), threading.Event()

    def slow(*asked: Any, **more: Any) -> Any:
        listing.set()
        assert go_on.wait(30)
        return iter(())

    asking = viewer_of(run)
    monkeypatch.setattr(annotating_module, "annotations_in", slow)
    asking.annotating.start()
    assert listing.wait(30)
    # Answered, though the listing has not ended.
    assert asking.json("api/state")["annotations"]["annotations"] == 0
    assert asking.json("api/list")["total"] == 24
    assert not go_on.is_set()
    go_on.set()
    asking.annotating.stop()


def said_of(
    asking: Any, row: dict[str, Any], *, step: int = 1, label: int | None = -1, note: str = ""
) -> dict[str, Any]:
    """Return what a page sends when somebody says something of the wrong solution that it shows."""
    answer = asking.json("api/question", **asking.named(row))
    [wrong] = [one for one in answer["record"]["solutions"] if one["verdict"] == "incorrect"]
    seen = {name: wrong["steps"][step][name] for name in ("label", "confidence")}
    about = {"solution": wrong["solution_id"], "step": step, "label": label, "note": note, "seen": seen}
    return {**asking.named(row), **about}


WRONG = "verdict=incorrect&first_error=2&level=multiply_add"


def test_annotations_are_kept_and_counted(run: Path, viewer_of: Callable[..., Any]) -> None:
    asking = viewer_of(run, person="Ann")
    [row] = asking.json("api/list", f=WRONG, limit=1)["rows"]
    said = said_of(asking, row, note="<b>7*6</b>")
    answer = asking.say(said).json()
    assert answer["annotation"]["run_label"] == -1
    assert answer["agreement"]["whole"] == {
        "agreed": 1,
        "compared": 1,
        "rate": 1.0,
        "interval": [pytest.approx(0.2065, abs=1e-3), 1.0],
    }
    asking.say({**said, "label": 1})
    # Another person's viewer sees it, and what was changed.
    other = viewer_of(run, person="Bob")
    [kept] = other.json("api/question", at=row["at"])["annotations"]
    assert (kept["person"], kept["label"], kept["note"]) == ("Ann", 1, "<b>7*6</b>")
    other.say(said)
    assert other.json("api/state")["annotations"]["whole"]["compared"] == 2
    other.say({**said, "label": None})
    assert other.json("api/state")["annotations"]["whole"]["compared"] == 1


def test_a_confidence_that_is_no_number_is_kept_as_none(tmp_path: Path, cache: Path, viewer_of: Any) -> None:
    record = a_problem(0)
    for step in record["solutions"][1]["steps"]:
        step["confidence"] = float("nan")
    write_object(tmp_path / "run", [record])
    asking = viewer_of(tmp_path / "run", person="Ann")
    [row] = asking.json("api/list")["rows"]
    assert asking.say(said_of(asking, row)).json()["annotation"]["run_confidence"] is None
    assert said(asking.annotating) == 1
    [kept] = asking.json("api/question", **asking.named(row))["annotations"]
    assert (kept["run_label"], kept["run_confidence"]) == (-1, None)


def test_what_is_said_of_one_round_is_not_said_of_another(tmp_path: Path, cache: Path, viewer_of: Any) -> None:
    star = tmp_path / "star"
    for name in ("round_0", "round_1"):
        write_object(star / name, [a_problem(0)])
    asking = viewer_of(star, person="Ann")
    first, second = asking.json("api/list")["rows"]
    asking.say(said_of(asking, first))
    asking.say(said_of(asking, second, label=1))
    assert len(list((star / "round_0/annotations").iterdir())) == 1
    assert not (star / "annotations").exists()
    for one in (asking, viewer_of(star)):
        kept = [one.json("api/question", **one.named(row))["annotations"] for row in (first, second)]
        assert [[each["label"] for each in said_] for said_ in kept] == [[-1], [1]]
        whole = one.json("api/state")["annotations"]["whole"]
        assert (whole["agreed"], whole["compared"]) == (1, 2)
        assert [row["said"] for row in one.json("api/list", f="said=yes")["rows"]] == [1, 1]
    asking.say(said_of(asking, second, label=None))
    assert [row["in"] for row in asking.json("api/list", f="said=yes")["rows"]] == ["round_0"]


def test_what_lies_at_the_folder_of_the_rounds_is_said_of_all_of_them(
    tmp_path: Path, cache: Path, viewer_of: Any
) -> None:
    record = a_problem(0)
    for name in ("round_0", "round_1"):
        write_object(tmp_path / name, [record])
    ids = {"question_id": record["question_id"], "solution_id": record["solutions"][1]["solution_id"]}
    keep(tmp_path, replace(ONE, **ids))
    asking = viewer_of(tmp_path)
    rows = asking.json("api/list", f="said=yes")["rows"]
    assert [(row["in"], row["said"]) for row in rows] == [("round_0", 1), ("round_1", 1)]
    assert asking.json("api/state")["annotations"]["annotations"] == 1


def test_rows_say_how_often_people_have_annotated_them_and_lists_can_be_of_these(
    run: Path, viewer_of: Callable[..., Any]
) -> None:
    asking = viewer_of(run, person="Ann")
    [row] = asking.json("api/list", f=WRONG, limit=1)["rows"]
    assert (row["said"], asking.json("api/list", f="said=yes")["total"]) == (0, 0)
    asking.say(said_of(asking, row))
    asking.say(said_of(asking, row, step=0, label=1))
    [annotated] = asking.json("api/list", f="said=yes")["rows"]
    assert (annotated["question_id"], annotated["said"]) == (row["question_id"], 2)
    assert asking.json("api/list", f="said=no")["total"] == 23
    assert sum(one["n"] for one in asking.json("api/counts", f="said=yes")["status"]["names"]) == 1


def test_a_label_that_has_changed_since_it_was_shown_is_not_judged(run: Path, viewer_of: Callable[..., Any]) -> None:
    asking = viewer_of(run, person="Ann")
    [row] = asking.json("api/list", f=WRONG, limit=1)["rows"]
    said = said_of(asking, row)
    for seen in ({"label": 1}, {"confidence": 0.123}):
        answer = asking.say({**said, "seen": {**said["seen"], **seen}})
        assert (answer.status_code, "look again" in answer.json()["error"]) == (409, True)
    assert not (run / "annotations").exists()


@pytest.mark.parametrize(
    "said",
    [
        {"solution": "none such"},
        {"solution": ["none such"]},
        {"step": 99},
        {"step": "0"},
        {"step": []},
        {"step": True},
        {"label": 7},
        {"label": 1.0},
        {"label": {}},
        {"note": 5},
        {"person": "Bob"},
        {"id": "none such"},
        {"id": 5},
        {"in": "round_7"},
        {"copy": 1},
        {"copy": -1},
        {"copy": float("inf")},
    ],
)
def test_what_is_no_annotation_is_refused(run: Path, viewer_of: Callable[..., Any], said: dict[str, Any]) -> None:
    asking = viewer_of(run, person="Ann")
    [row] = asking.json("api/list", f=WRONG, limit=1)["rows"]
    right = said_of(asking, row)
    assert asking.post(json.dumps(right | said)).status_code in (400, 404)
    assert not (run / "annotations").exists()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"id": "x"}', "[" * 60_000, '{"at":1e999}', b"\xff", "nan"])
def test_a_body_that_is_none_is_refused(run: Path, viewer_of: Callable[..., Any], body: Any) -> None:
    answer = viewer_of(run, person="Ann").post(body)
    assert (answer.status_code, "no JSON object" in answer.json()["error"]) == (400, True)
