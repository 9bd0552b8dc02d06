"""Model text cannot steer a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.text.safe_text import excerpt, safe


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb", "a\\rb"),
        ("bell\x07", "bell\\x07"),
        ("\u202eevil", "\\u202eevil"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
    ],
)
def test_what_could_move_the_cursor_or_hide_is_written_out(hostile, shown):
    assert safe(hostile) == shown


@pytest.mark.parametrize(
    "text", ["plain", "two\nlines\tand a tab", "3² × ½ = 4,5 €", "数学 🙂", "[bold]not markup[/bold]"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert safe(text) == text


@given(st.text())
def test_nothing_but_newline_and_tab_is_a_control_character(text):
    assert all(character in "\n\t" or character.isprintable() or character.isspace() for character in safe(text))
    assert "\x1b" not in safe(text)


def test_a_long_text_says_how_much_of_it_is_left_out() -> None:
    text = excerpt("a" * 1_000_000, 1000)
    assert len(text) < 1100
    assert "999,000 characters left out" in text
    assert excerpt("short") == "short"
    assert excerpt(None) == ""
