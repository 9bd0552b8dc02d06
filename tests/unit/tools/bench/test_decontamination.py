"""Benchmark of decontamination: it changes questions as it says, and counts what is found."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from factory.decontamination.question_words import QuestionWords
from tools.bench.decontamination import OTHERS, RETYPED, REWORDED, main

TEXT = "On Monday Rosa has 12 red apples and 7 green ones. She gives Carl 115 nuts. How many apples does she have?"


@pytest.mark.parametrize("name", REWORDED)
def test_a_rewording_keeps_the_numbers_and_changes_the_text(name: str) -> None:
    changed = QuestionWords.of(REWORDED[name](TEXT, Random(3)))
    assert changed.numbers == QuestionWords.of(TEXT).numbers == ("115", "12", "7")
    assert changed.exact != QuestionWords.of(TEXT).exact


@pytest.mark.parametrize("name", OTHERS)
def test_another_question_has_its_numbers_elsewhere_or_others(name: str) -> None:
    changed = QuestionWords.of(OTHERS[name](TEXT, Random(3)))
    assert [q.value for q in changed.quantities] != [q.value for q in QuestionWords.of(TEXT).quantities]
    before = QuestionWords.of(TEXT)
    assert list(filter(str.isalpha, changed.words)) == list(filter(str.isalpha, before.words))


@pytest.mark.parametrize("name", RETYPED)
def test_latex_typed_otherwise_has_other_characters_and_the_same_numbers(name: str) -> None:
    latex = r"Find $\left(\frac{1}{2}\cdot x\right)^2$ when $x \le \sqrt{7}$. [asy]draw(3);[/asy]"
    changed = RETYPED[name](latex, Random(3))
    assert changed != latex
    assert QuestionWords.of(changed).numbers == QuestionWords.of(latex).numbers


def test_the_table_counts_what_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.jsonl").write_text(json.dumps({"question": TEXT}))
    (tmp_path / "s.jsonl").write_text(json.dumps({"question": TEXT.upper() + "\x1b"}))
    main([str(tmp_path / "b.jsonl")], source=str(tmp_path / "s.jsonl"), show=1)
    shown = capsys.readouterr().out
    assert "to be found      all_of_it               1 of      1 (100.00%)" in shown
    assert "not to be found  one_other_number        0 of      1 (0.00%)" in shown
    assert "{'exact': 1, 'overlap': 0, 'reworded': 0}" in shown
    assert "\x1b" not in shown
