"""Answers of the viewer: lists, counts, records, searches, annotations; bad input is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.records import a_record, a_solution
from support.seeing.hostile import each_text, hidden, run_with
from support.seeing.viewed_run import HOSTILE, a_problem, write_object

from tools.viewer.text_search import around


def test_a_list_has_pages_in_order(asking: Any) -> None:
    first = asking.json("api/list", f="sort=-seconds", limit=5)
    second = asking.json("api/list", f="sort=-seconds", limit=5, offset=5)
    assert first["total"] == first["of"] == 24
    seconds = [row["seconds"] for row in first["rows"] + second["rows"]]
    assert seconds == sorted(seconds, reverse=True)
    assert len(seconds) == 10


def test_a_list_shows_what_the_filter_lets_through(asking: Any) -> None:
    page = asking.json("api/list", f="verdict=incorrect&first_error=2&level=two_parts")
    assert page["total"] == 4
    assert all(row["first_errors"] == [2] and row["level"] == "two_parts" for row in page["rows"])


def test_counts_name_failures_by_how_often_they_are(asking: Any) -> None:
    counts = asking.json("api/counts")
    assert [(one["name"], one["n"]) for one in counts["failure"]["names"]] == [
        ("", 18),
        ("EngineFailed", 3),
        ("PromptTooLong", 2),
        ("CheckerFailed", 1),
    ]


def test_hostile_names_are_asked_for_as_they_are_and_shown_harmlessly(asking: Any) -> None:
    names = {one["name"]: one["shown"] for one in asking.json("api/counts")["level"]["names"]}
    assert HOSTILE[0] in names
    assert all("\x1b" not in shown and "\u202e" not in shown for shown in names.values())


def test_a_question_is_shown_with_its_reasons(asking: Any) -> None:
    [row] = asking.json("api/list", f="verdict=incorrect&first_error=2&level=multiply_add", limit=1)["rows"]
    answer = asking.json("api/question", at=row["at"])
    assert answer["place"]["question_id"] == row["question_id"]
    [wrong] = [one for one in answer["record"]["solutions"] if one["verdict"] == "incorrect"]
    assert wrong["why"][0] == "2 of 11 rollouts from here reached the answer; 9 of 12 from the step before."


def test_a_question_is_known_by_its_id_and_by_the_beginning_of_it(asking: Any) -> None:
    [row] = asking.json("api/list", limit=1)["rows"]
    for name in (row["question_id"], row["question_id"][:12]):
        assert asking.json("api/question", id=name)["place"]["at"] == row["at"]


def test_an_id_that_hides_something_is_asked_for_as_it_is_and_shown_harmlessly(
    tmp_path: Path, cache: Path, viewer_of: Callable[..., Any]
) -> None:
    write_object(tmp_path / "run", [{**a_record("Q?", []), "question_id": "a\u202eb\x1b"}])
    asking = viewer_of(tmp_path / "run")
    [row] = asking.json("api/list")["rows"]
    place = asking.json("api/question", **asking.named(row))["place"]
    assert row["question_id"] == place["question_id"] == "a\\u202eb\\x1b"
    assert asking.named(place) == asking.named(row) == {"id": "a\u202eb\x1b", "in": "", "copy": 0}


def test_nothing_hidden_reaches_the_page(asking: Any) -> None:
    [row] = [row for row in asking.json("api/list", limit=200)["rows"] if row["beginning"].startswith("Hostile")]
    text = json.dumps(asking.json("api/question", at=row["at"]), ensure_ascii=False)
    assert "\\u202e" in text
    assert not {"\x1b", "\u202e", "\u2066", "\x00", "\u2028"} & set(text)


def strings(value: Any) -> list[str]:
    """Return all strings of plain JSON, names among them."""
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


@each_text
def test_all_that_a_text_hides_is_visible(
    text: str, tmp_path: Path, cache: Path, viewer_of: Callable[..., Any]
) -> None:
    question = run_with(tmp_path / "run", text)
    asking = viewer_of(tmp_path / "run")
    for answer in (asking.json("api/question", id=question), asking.json("api/list")):
        assert not any(hidden(each) for each in strings(answer))
        assert len(json.dumps(answer)) < 1_000_000


def test_the_whole_record_is_as_it_lies(asking: Any) -> None:
    [row] = [row for row in asking.json("api/list", limit=200)["rows"] if row["beginning"].startswith("A long")]
    record = asking.json("api/record.json", at=row["at"])
    assert len(record["solutions"][0]["text"]) == 1_000_000
    assert record["created_at"] == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("api/question?at=999", 404, "no record 999"),
        ("api/question?at=-1", 400, "whole number"),
        ("api/question?at=1e9", 400, "whole number"),
        ("api/question?id=nothing", 404, "no question"),
        ("api/question", 404, "no question"),
        ("api/question?id=%00%ff", 404, "no question"),
        ("api/list?f=verdikt%3Dx", 400, "verdikt"),
        ("api/list?limit=x", 400, "whole number"),
        ("api/counts?f=sort%3Dx", 400, "order"),
        ("api/search?q=", 400, "to search for"),
        ("api/search?q=" + "x" * 201, 400, "to search for"),
    ],
)
def test_bad_input_is_one_sentence(asking: Any, path: str, status: int, words: str) -> None:
    answer = asking.get(path)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def hits(answer: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the hits of a search, and its last line."""
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return [line for line in lines if "hit" in line], lines[-1]


def test_a_text_is_looked_for_in_questions_and_solutions(asking: Any) -> None:
    among, end = hits(asking.get("api/search", q="THEN I AM"))
    assert {hit["where"] for hit in among} == {"solution"}
    assert len(among) == 4
    assert end == {"end": "done", "read": 24, "of": 24}
    in_questions, _ = hits(asking.get("api/search", q="What fits"))
    assert [hit["where"] for hit in in_questions] == ["question"]
    assert in_questions[0]["match"] == "What fits"


def test_a_search_stays_within_the_filter(asking: Any) -> None:
    among, end = hits(asking.get("api/search", q="flowers", f="level=two_parts"))
    assert len(among) == end["of"] == 4


def test_a_search_says_which_objects_it_could_not_read(run: Path, asking: Any) -> None:
    damaged, *others = sorted((run / "data").glob("*.parquet"))
    damaged.write_bytes(b"PAR1 no more")
    others[0].unlink()
    end = hits(asking.get("api/search", q="flowers"))[1]
    assert (end["end"], end["read"] < end["of"]) == ("done", True)
    assert end["error"].startswith(f"2 objects could not be read, the first is data/{damaged.name}: ")


@pytest.mark.parametrize("before", ["", "ßßßßßß ", "İİİ ", "x" * 500])
def test_what_stands_around_a_hit_is_what_stands_there(before: str) -> None:
    seen = around(f"{before}Needle after", "needle")
    assert (seen["match"], seen["after"]) == ("Needle", " after")
    assert seen["before"].removeprefix("…") == before[-60:]


def test_a_text_is_no_pattern(asking: Any) -> None:
    assert hits(asking.get("api/search", q=".*"))[0] == []
    [hit], _ = hits(asking.get("api/search", q="{{7*7}}"))
    assert hit["match"] == "{{7*7}}"


def test_an_object_that_was_deleted_in_mid_view_is_one_sentence(run: Path, asking: Any) -> None:
    [row] = asking.json("api/list", limit=1)["rows"]
    name = asking.json("api/question", at=row["at"])["place"]["name"]
    (run / name).unlink()
    answer = asking.get("api/question", at=row["at"])
    assert (answer.status_code, name in answer.json()["error"]) == (404, True)
    assert hits(asking.get("api/search", q="flowers"))[1]["end"] == "done"
    asking.index.look_now()
    assert asking.get("api/question", at=row["at"]).status_code == 404
    assert asking.json("api/list")["of"] < 24


def test_an_object_that_is_damaged_in_mid_view_is_one_sentence(run: Path, asking: Any) -> None:
    [row] = asking.json("api/list", limit=1)["rows"]
    place = asking.json("api/question", at=row["at"])["place"]
    (run / place["name"]).write_bytes(b"PAR1 no more")
    answer = asking.get("api/question", at=row["at"])
    assert (answer.status_code, "factory validate" in answer.json()["error"]) == (404, True)


def test_each_row_leads_to_its_own_record_where_a_question_has_several(
    tmp_path: Path, cache: Path, viewer_of: Callable[..., Any]
) -> None:
    one, two, three = (a_record("Q?", [a_solution([(text, 1)])]) for text in ("first", "second", "third"))
    write_object(tmp_path / "run" / "a", [one, a_record("R?", []), two])
    write_object(tmp_path / "run" / "a", [a_record("S?", []), three])
    write_object(tmp_path / "run" / "b", [two])
    asking = viewer_of(tmp_path / "run")
    rows = [row for row in asking.json("api/list")["rows"] if row["beginning"] == "Q?"]
    assert sorted((row["part"], row["copy"]) for row in rows) == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]
    for row in rows:
        answer = asking.json("api/question", **asking.named(row))
        assert answer["place"]["at"] == row["at"]
        assert asking.json("api/record.json", at=row["at"]) == asking.json("api/record.json", **asking.named(row))
        assert {(one["in"], one["copy"]) for one in answer["records"]} == {(one["part"], one["copy"]) for one in rows}
    records = [asking.json("api/record.json", **asking.named(row)) for row in rows if row["part"] == "a"]
    assert {record["solutions"][0]["text"] for record in records} == {"first", "second", "third"}


def test_a_row_that_is_gone_is_never_answered_with_another_run_s_record(
    tmp_path: Path, cache: Path, viewer_of: Callable[..., Any]
) -> None:
    ours = a_record("Q?", [a_solution([("in b", 1)])])
    write_object(tmp_path / "run" / "a", [a_record("Q?", [a_solution([("in a", 1)])])])
    name = write_object(tmp_path / "run" / "b", [ours])
    write_object(tmp_path / "run" / "b", [a_record("Z?", [])])
    asking = viewer_of(tmp_path / "run")
    [row] = asking.json("api/list", f="part=b&verdict=correct")["rows"]
    # Superseded, before and after the index has seen it; then deleted.
    later = write_object(tmp_path / "run" / "b", [ours], revision=1)
    for _ in range(2):
        assert asking.json("api/record.json", at=row["at"])["solutions"][0]["text"] == "in b"
        asking.index._pass()
    assert not (tmp_path / "run" / "b" / name).exists()
    (tmp_path / "run" / "b" / later).unlink()
    asking.index._pass()
    assert asking.get("api/record.json", at=row["at"]).status_code == 404
    assert asking.get("api/record.json", **asking.named(row)).status_code == 404


def test_a_row_says_how_sure_its_first_errors_are(asking: Any) -> None:
    surest = asking.json("api/list", f="sort=-confidence", limit=200)["rows"]
    sure = [row["sure"] for row in surest if row["sure"] is not None]
    assert sure == sorted(sure, reverse=True)
    assert sure
    assert all((row["sure"] is None) == (not row["first_errors"]) for row in surest)
    assert [row["sure"] for row in surest[len(sure) :]] == [None] * (24 - len(sure))


def test_the_level_may_be_called_difficulty(tmp_path: Path, cache: Path, viewer_of: Callable[..., Any]) -> None:
    write_object(tmp_path / "run", [a_record("Q?", [], metadata=[("difficulty", "hard")])])
    asking = viewer_of(tmp_path / "run")
    [row] = asking.json("api/list", f="level=hard")["rows"]
    assert asking.json("api/question", **asking.named(row))["record"]["level"] == "hard"


def test_pages_that_are_damaged_pass_for_no_data(run: Path, asking: Any) -> None:
    [row] = asking.json("api/list", limit=1)["rows"]
    name = asking.json("api/question", at=row["at"])["place"]["name"]
    data = bytearray((run / name).read_bytes())
    data[4 : len(data) // 2] = bytes(byte ^ 0x5A for byte in data[4 : len(data) // 2])
    (run / name).write_bytes(data)
    answer = asking.get("api/question", at=row["at"])
    assert (answer.status_code, "factory validate" in answer.json()["error"]) == (404, True)
    assert name in hits(asking.get("api/search", q="flowers"))[1]["error"]
    asking.index._pass()
    assert list(asking.index.progress.unreadable) == [name]


def test_a_later_revision_stands_for_the_one_that_was_listed(
    tmp_path: Path, cache: Path, viewer_of: Callable[..., Any]
) -> None:
    records = [a_problem(number) for number in range(3)]
    write_object(tmp_path / "run", records)
    asking = viewer_of(tmp_path / "run")
    write_object(tmp_path / "run", [{**one, "gold_answer": "new"} for one in records], revision=1)
    assert asking.json("api/question", at=1)["record"]["gold_answer"] == "new"
    asking.index.look_now()
    assert asking.json("api/list")["of"] == 3
