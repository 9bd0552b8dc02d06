"""Last words of an engine's processes: kept within bounds, passed on, and readable in an error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from actors.engine_start.last_words import KEPT_BYTES, LastWords


def said_by(code: str) -> LastWords:
    words = LastWords()
    with words.listening():
        subprocess.run([sys.executable, "-c", code], check=False)
    return words


def test_lines_that_tell_of_an_error_are_its_last_words(capfd: pytest.CaptureFixture[str]) -> None:
    words = said_by("import sys; print('loading'); sys.stdout.flush(); print(1 / 0)")
    assert words.lines(5)[-1] == "ZeroDivisionError: division by zero"
    assert "loading" not in words.sentence()
    # And everybody who listened before hears it, too.
    heard = capfd.readouterr()
    assert "loading" in heard.out
    assert "ZeroDivisionError" in heard.err


def test_where_no_error_is_named_the_latest_lines_are_taken(capfd: pytest.CaptureFixture[str]) -> None:
    words = said_by("print('one\\ntwo\\nthr\\x1bee')")
    assert words.lines(2) == ["two", "thr ee"]
    assert LastWords().sentence() == ""


def test_what_is_kept_has_a_bound(capfd: pytest.CaptureFixture[str]) -> None:
    words = said_by("for n in range(40_000): print(n)")
    assert words.lines(1) == ["39999"]
    assert words._size < 2 * KEPT_BYTES


def test_output_behind_the_block_goes_where_it_went_before(capfd: pytest.CaptureFixture[str]) -> None:
    words = said_by("print('inside')")
    os.write(1, b"behind\n")
    assert words.lines(5) == ["inside"]
    assert "behind" in capfd.readouterr().out
