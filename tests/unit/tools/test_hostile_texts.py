"""Every place of a record and every name that a hostile text can stand in, on every surface that shows it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from support.seeing.hostile import each_text, hidden, run_with

from pipelines.reporting.figures import figures_of
from pipelines.watching.look import Look
from tools.commands.elsewhere.dashboard import dashboard, plain_line
from tools.commands.inspect import show_question, show_run
from tools.report.page import page_of

# Longest that a surface says of one text of a million characters: a page of it, not all of it.
LONGEST = 200_000


def printed(show: Callable[..., None], *arguments: Any, **options: Any) -> str:
    console = Console(file=StringIO(), width=120, force_terminal=False)
    show(*arguments, console, **options)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


class Tags(HTMLParser):
    """Tags, names of attributes and texts of a page, as a browser would read them; scripts apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts = 0
        self.texts: list[str] = []
        self._quiet = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.scripts += tag == "script"
        self._quiet = tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.texts.append(data)


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Tags:
    """The report of the same record with a harmless text."""
    folder = tmp_path_factory.mktemp("harmless")
    run_with(folder, "a text")
    return Tags(page_of(figures_of(str(folder))))


@each_text
def test_a_report_has_no_tag_attribute_or_hidden_character_more(text: str, tmp_path: Path, harmless: Tags) -> None:
    run_with(tmp_path, text)
    page = page_of(figures_of(str(tmp_path)))
    read = Tags(page)
    assert read.tags <= harmless.tags
    assert read.attributes <= harmless.attributes
    assert read.scripts == harmless.scripts
    assert hidden("".join(read.texts)) == set()
    assert len(page) < 1_400_000


@each_text
def test_inspect_prints_it_as_it_is_without_what_steers_a_terminal(text: str, tmp_path: Path) -> None:
    question = run_with(tmp_path, text)
    listed = printed(show_run, str(tmp_path))
    told = printed(show_question, str(tmp_path), question, solutions=5, only_wrong=False)
    for said in (listed, told):
        assert hidden(said) == set()
        assert len(said) < LONGEST
    if text.isprintable() and len(text) < 80:
        assert text in told


@each_text
@pytest.mark.parametrize("field", ["folder", "said", "trouble", "phase", "warnings", "failures", "engine_names"])
def test_watch_stays_within_its_lines(text: str, field: str) -> None:
    value: Any = {"warnings": [text], "failures": {text: 1}, "engine_names": {"policy": text}}.get(field, text)
    look = Look(**{"folder": "runs/mine", field: value})
    lines = [line.plain for line in dashboard(look, "", 80, 24)]
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    for line in (*lines, plain_line(look, "")):
        assert hidden(line) == set()
        assert "\n" not in line
        assert len(line) < LONGEST
