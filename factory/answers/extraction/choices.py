"""Reader of the options of a multiple-choice question, in the spellings that data sets have."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase
from typing import Any

from factory.answers.normalise import normalise

LABEL = r"[A-Za-z]|\d{1,2}"

_LETTERS = frozenset(ascii_uppercase)
_LINE = re.compile(rf"\s*[(\[]?(?P<label>{LABEL})\s*[)\].:]\s*(?P<text>\S.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Options of a question: their texts by label, in normal form.

    Without texts, the labels are the letters A to Z and the texts are unknown.
    """

    texts: Mapping[str, str]

    def has_label(self, label: str) -> bool:
        """Return whether `label` is the label of an option."""
        return label in (self.texts or _LETTERS)

    def labels_with_text(self, text: str) -> set[str]:
        """Return the labels whose text is `text`; case matters only where it tells two of them apart."""
        same = {label for label, own in self.texts.items() if own == text}
        return same or {label for label, own in self.texts.items() if own.casefold() == text.casefold()}


@lru_cache(maxsize=4096)
def read_choices(written: str) -> Choices:
    """Return the choices that a data set's column spells; none for "". Raises `ValueError` saying what is wrong.

    JSON as data sets have it: `["bank", "library"]` (labelled A, B, … in order), `["A) bank", "B) library"]`,
    `[{"label": "A", "text": "bank"}, …]`, `{"label": ["A", …], "text": ["bank", …]}` or `{"A": "bank", …}`; else lines
    like `A) bank`.
    """
    if not written.strip():
        return Choices(texts={})
    # Read one of the spellings.
    try:
        offered = _from_json(json.loads(written)) if written.lstrip()[0] in "[{" else _from_lines(written.splitlines())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the choices are no JSON ({error})") from None
    if offered is None:
        raise ValueError('the choices are neither JSON such as ["bank", "library"] nor lines such as A) bank')
    # Check that each choice can be told from the others.
    texts = {label.strip().upper(): normalise(text) for label, text in offered}
    if len(texts) < max(2, len(offered)):
        raise ValueError(f"{len(offered)} choices with {len(texts)} labels; expected two or more, each with its own")
    if not all(texts.values()) or not all(re.fullmatch(LABEL, label, re.ASCII) for label in texts):
        raise ValueError("a choice without a text, or with a label that is neither a letter nor a number below 100")
    return Choices(texts=texts)


@lru_cache(maxsize=4096)
def offers_choices(question: str) -> bool:
    """Return whether the text of a question lists options under letters, such as "(A) bank (B) library"."""
    for mark in ").:":
        first = re.search(rf"(?<![\w\\])A\{mark}\}}?\s*\S", question)
        if first and re.search(rf"(?<![\w\\])B\{mark}\}}?\s*\S", question[first.end() :]):
            return True
    return False


def _from_json(offered: Any) -> list[tuple[str, str]] | None:
    """Return (label, text) of every choice in one of the JSON forms, None for any other JSON."""
    match offered:
        # The forms of ARC and CommonsenseQA, of a plain mapping, of a list of objects, of a list of texts.
        case {"label": [*labels], "text": [*texts]} if len(labels) == len(texts):
            return [(str(label), str(text)) for label, text in zip(labels, texts, strict=True)]
        case {**by_label} if all(isinstance(text, str | int | float) for text in by_label.values()):
            return [(str(label), str(text)) for label, text in by_label.items()]
        case [*entries] if all(isinstance(entry, dict) and {"label", "text"} <= entry.keys() for entry in entries):
            return [(str(entry["label"]), str(entry["text"])) for entry in entries]
        case [*entries] if all(isinstance(entry, str | int | float) for entry in entries):
            return _from_texts([str(entry) for entry in entries])
    return None


def _from_texts(texts: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return the texts labelled A, B, … in order, unless they bring just these labels along."""
    letters = list(ascii_uppercase[: len(texts)])
    labelled = _from_lines(texts) or []
    if [label for label, _ in labelled] == letters:
        return labelled
    return list(zip(letters, texts, strict=True)) if len(letters) == len(texts) else None


def _from_lines(lines: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return (label, text) of every line; None where a line has no label."""
    matches = [_LINE.fullmatch(line.rstrip()) for line in lines if line.strip()]
    whole = [(line["label"], line["text"]) for line in matches if line]
    return whole if len(whole) == len(matches) else None
