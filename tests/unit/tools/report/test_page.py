"""The page of a run: what it says without JavaScript, and that nothing of a run can do anything in it."""

import re
import shlex
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from support.records import a_record, a_solution, records
from support.validation import committed, labelled
from typer.testing import CliRunner

from pipelines.reporting.figures import figures_of
from tools.cli import app
from tools.report.blocks import MONEY, NUMBER, SECONDS, SHARE, short, shown
from tools.report.page import page_of

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e\u2066\x00\u2028'\"&"


class Page(HTMLParser):
    """Tags and texts of a page; scripts and styles apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_data(self, data: str) -> None:
        if self._in not in ("script", "style"):
            self.texts.append(data)


def page_for(folder: Path, rows: list[dict[str, Any]], unit: str = "a") -> str:
    committed(folder, unit, rows)
    return page_of(figures_of(str(folder)))


def test_every_chart_has_its_numbers_in_a_table_of_the_page(tmp_path: Path) -> None:
    page = page_for(tmp_path, labelled("bayes_bisection", 4))
    figures = re.findall(
        r'<figure class="chart".*?</figure>', page.partition("<body>")[2].rpartition("<footer")[0], re.S
    )
    assert len(figures) >= 5
    for figure in figures:
        assert re.search(r"<details open>.*<table.*<td[^>]* data-v=", figure, re.S)
        assert "data-series=" in figure
        assert "<figcaption>" in figure


def test_a_page_loads_nothing_and_allows_only_its_own_scripts(tmp_path: Path) -> None:
    page = Page(page_for(tmp_path, records()))
    assert not [tag for tag, _ in page.tags if tag in ("link", "img", "iframe", "object", "embed", "form", "base")]
    assert all("src" not in attributes for _, attributes in page.tags)
    assert all(not name.startswith("on") and name != "style" for _, attributes in page.tags for name in attributes)
    [policy] = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert str(policy).startswith("default-src 'none'")
    links = [str(a["href"]) for tag, a in page.tags if "href" in a]
    assert all(link.startswith("#") for link in links)


def test_hostile_text_is_shown_and_does_nothing(tmp_path: Path) -> None:
    failure = {"stage": HOSTILE, "type": HOSTILE, "message": HOSTILE, "attempts": 1}
    solution = a_solution(
        [(HOSTILE, 1), (HOSTILE, -1)],
        "incorrect",
        **dict.fromkeys(("final_answer", "verdict_reason", "method", "labeller", "role"), HOSTILE),
    )
    unjudged = a_solution([("?", None)], "unparsable", verdict_reason=HOSTILE)
    rows = [
        a_record(HOSTILE, [solution, unjudged], source=HOSTILE, metadata=[("level", HOSTILE)], gold_answer=HOSTILE),
        a_record("failed", [], question_id=HOSTILE, status="failed", failure=failure),
    ]
    text = page_for(tmp_path, rows)
    page = Page(text)
    # Its own scripts only, and none of the text's tags.
    assert [tag for tag, _ in page.tags if tag in ("script", "img")] == ["script"] * 4
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\u2066\u2028]", "".join(page.texts))
    assert any(r"\x1b[31m\u202e\u2066\x00\u2028" in shown for shown in page.texts)


def test_a_folder_with_a_hostile_name_is_only_a_name(tmp_path: Path) -> None:
    folder = tmp_path / 'it\'s "quoted" <b>&amp; \u202e'
    page = Page(page_for(folder, records()))
    assert "b" not in [tag for tag, _ in page.tags]
    assert any('it\'s "quoted" <b>&amp; \\u202e' in text for text in page.texts)


def test_a_very_long_text_makes_no_large_page(tmp_path: Path) -> None:
    page = page_for(
        tmp_path, [a_record("q" * 1_000_000, [a_solution([("s" * 1_000_000, 1)], final_answer="a" * 100_000)])]
    )
    assert len(page) < 1_400_000


def test_a_page_says_what_the_run_has_not(tmp_path: Path) -> None:
    text = " ".join(Page(page_for(tmp_path, records())).texts)
    assert "no config says what made them" in text
    assert "Nothing in this folder says whether these labels are right" in text
    assert "there are no GPU-hours" in text


def test_a_run_whose_questions_all_failed_has_a_page(tmp_path: Path) -> None:
    failure = {"stage": "generate", "type": "EngineFailed", "message": "down", "attempts": 3}
    text = " ".join(Page(page_for(tmp_path, [a_record("q", [], status="failed", failure=failure)])).texts)
    assert "1 of 1 questions failed" in text


def test_first_errors_are_told_apart_by_the_texts_that_they_are_in(tmp_path: Path) -> None:
    flawed = a_solution([("3 + 4 = 8", -1), ("minus 1 is 7", -1)], flawed=True)
    rows = [a_record("q", [flawed, a_solution([("3 + 4 = 8", -1)], "incorrect")])]
    assert "in 1 of 1 wrong texts, in 1 others" in page_for(tmp_path, rows)


def test_a_page_of_rounds_adds_up_only_what_can_be_added(tmp_path: Path) -> None:
    for number, verdict in enumerate(("incorrect", "correct")):
        committed(tmp_path / f"round_{number}/sample", "a", [a_record("q", [a_solution([("a", 1)], verdict)])])
    text = " ".join(Page(page_of(figures_of(str(tmp_path)))).texts)
    assert "there is no accuracy of all" in text
    assert "Accuracy by folder" in text
    assert "per accepted solution" not in text
    assert "accepted solutions are given for each of them" in text


def test_commands_of_a_page_can_be_typed_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "we ird; $(touch x)"
    rows = [a_record("q", [a_solution([("?", None)], "unparsable")], question_id="$(id)")]
    text = " ".join(Page(page_for(folder, rows)).texts)
    commands = [shlex.split(one) for one in re.findall(r"factory (?:inspect|report) '[^']*' \S+", text)]
    assert ["factory", "inspect", str(folder), "$(id)"] in commands
    assert ["factory", "inspect", str(folder), "ID"] in commands
    assert ["factory", "report", str(folder), "--seed"] in commands


def test_a_folder_that_was_given_as_a_dot_is_called_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(tmp_path / "mine", "a", records())
    monkeypatch.chdir(tmp_path / "mine")
    assert "<title>Report of mine</title>" in page_of(figures_of("."))


def test_levels_as_many_as_questions_make_no_large_page(tmp_path: Path) -> None:
    rows = [a_record(str(n), [a_solution([("a", 1)])], metadata=[("difficulty", f"{n / 7:.6f}")]) for n in range(500)]
    page = page_for(tmp_path, rows)
    assert "they are put together in intervals" in page
    assert len(page) < 1_400_000


def test_the_command_says_where_the_page_is_and_what_to_do_next(tmp_path: Path) -> None:
    committed(tmp_path, "a", records())
    result = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert result.exit_code == 0
    assert f"{tmp_path}/report.html" in result.output
    assert "factory view" in result.output
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_the_command_prints_json_and_writes_nothing(tmp_path: Path) -> None:
    committed(tmp_path, "a", records())
    result = CliRunner().invoke(app, ["report", str(tmp_path), "--json"])
    assert '"version": 1' in result.output
    assert not (tmp_path / "report.html").exists()


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    committed(tmp_path, "a", records())
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, ["report", str(tmp_path), str(tmp_path / "file/report.html")])
    assert result.exception is not None
    assert "cannot write" in str(result.exception)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.5234, SHARE, "52.3%"),
        (1234567, NUMBER, "1,234,567"),
        (0.00123, NUMBER, "0.00123"),
        (3723.4, SECONDS, "1:02:03"),
        (0.4, SECONDS, "0.4 s"),
        (0.0000123, MONEY, "0.000012"),
        (1234.5, MONEY, "1,234.50"),
    ],
)
def test_numbers_are_shown_as_a_person_reads_them(value: float, kind: str, text: str) -> None:
    assert shown(value, kind) == text


def test_large_counts_are_short() -> None:
    assert [short(value) for value in (999, 10_684, 1_068_643, 2.4e9)] == ["999", "10.7K", "1.07M", "2.4B"]
