"""Math-Shepherd (Wang et al., arXiv 2312.08935), the layout of its published data set: one solution per line.

`input` is the question and the solution, every step ending in the tag "ки"; `label` is the same text with "+" or "-"
for the tags: "+" when any completion from there reached the gold answer (hard estimation). The last step is the whole
solution, so its label is the verdict. The layout has no gold answers. Published rows that differ are read where it is
plain where their question ends: "step 1:" in other spellings, a tag within the question, one "?" before the first tag.

    {"input": "What is 1 + 1? Step 1: 1 + 1 = 2. ки\\nStep 2: The answer is: 2 ки",
     "label": "What is 1 + 1? Step 1: 1 + 1 = 2. +\\nStep 2: The answer is: 2 +", "task": "GSM8K"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factory.answers.extraction.extract import final_answer
from factory.export import imported
from factory.export.flat_rows import has_usable_labels, steps_before_cut
from factory.export.imported import refuse
from factory.text.wording import unpadded
from factory.types import Question

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = ["source", "question", "metadata", "solutions"]
NAME = "math_shepherd"
TAG, SIGNS = "ки", {"+": 1, "-": -1}
_FIRST_STEP = " Step 1: "
_SPELLING = r"\s{{0,9}}(?<![^\W\d_])\*{{0,2}}step\s{{0,3}}{}\s{{0,3}}[:：]\*{{0,2}}\s{{0,9}}"
# The first step's number: as above, in another spelling, or that of a solution which does not begin with step 1.
_STEP_1 = re.compile(_SPELLING.format("1"), re.IGNORECASE)
_STEP_N = re.compile(_SPELLING.format("[0-9]{1,4}"), re.IGNORECASE)
_QUESTION_MARK = re.compile(r"(?<=\?)\s{0,9}")
_NOTHING = re.compile("")
_NO_BORDER = "'input' does not say where its question ends"
_NUMBER = re.compile(r"\*{0,2}step\s{0,3}[0-9]{1,4}\s{0,3}[:：]\*{0,2} ?", re.IGNORECASE)


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when all steps of a solution are labelled and none has the tag in its text."""
    steps = steps_before_cut(solution)
    return (
        bool(steps)
        and has_usable_labels(solution)
        and all(step["label"] is not None and TAG not in step["text"] for step in steps)
    )


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the line that a record came from; for other records one line per solution with labels on all steps.

    Left out is what the layout cannot hold: the tag inside a text, a question that contains "Step 1: ".
    """
    rest = imported.kept(record, NAME)
    for solution in record["solutions"]:
        texts = [item["text"] for item in steps_before_cut(solution)]
        labels = [item["label"] for item in steps_before_cut(solution)]
        if rest is not None:
            yield {**_line(record["question"], texts, labels), **rest}
        elif uses(solution) and fits(record["question"]):
            yield {
                **_line(record["question"].strip(), [unpadded(text) for text in texts], labels),
                "task": record["source"],
            }


def labels(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the signs of a line's steps: the characters of `label` at the places where `input` has their tags."""
    _, steps = _question_and_steps(row["input"], row["label"], NAME)
    for _, label in steps:
        yield "+" if label == 1 else "-"


def fits(question: str) -> bool:
    """Return True when the layout can hold a question: it contains neither the tag nor a step's beginning."""
    return _FIRST_STEP not in f"{question.strip()} " and TAG not in question


def tagged(question: str, texts: Sequence[str], signs: Sequence[str] | None = None) -> str:
    """Return the question and its numbered steps as one text.

    Args:
      question: text of the question.
      texts: steps; those that do not begin with their number get it.
      signs: what each step ends in; None for the tag.
    """
    ends = [TAG] * len(texts) if signs is None else signs
    numbered = [
        text if text.startswith(f"Step {number}: ") else f"Step {number}: {text}"
        for number, text in enumerate(texts, start=1)
    ]
    return f"{question} " + "\n".join(f"{text} {end}" for text, end in zip(numbered, ends, strict=True))


def _line(question: str, texts: Sequence[str], labels: Sequence[int]) -> dict[str, Any]:
    signs = ["+" if label == 1 else "-" for label in labels]
    return {"input": tagged(question, texts), "label": tagged(question, texts, signs)}


def parse(line: str, where: str) -> dict[str, Any]:
    """Return a line as a record with one solution.

    Raises `BadInput`, beginning with `where` (file and line number), for anything malformed.
    """
    # The question, and the same text with signs.
    entry = imported.json_object(line, where)
    tagged = imported.question_text(entry, "input", where, "the line")
    labelled = imported.member(entry, "label", str, where, "the line")
    asked, given = _question_and_steps(tagged, labelled, where)
    question = Question(text=asked, gold="", source=NAME)
    # The number of a later step is dropped, `_line` writes it again.
    steps = [
        imported.step(_unnumbered(text.strip()) if number else unpadded(text), label)
        for number, (text, label) in enumerate(given)
    ]
    verdict = "correct" if steps[-1]["label"] == 1 else "incorrect"
    solution = imported.solution(
        question, steps, final_answer=final_answer(steps[-1]["text"], tail_chars=500), verdict=verdict
    )
    again = _line(asked, [item["text"] for item in steps], [item["label"] for item in steps])
    # Keep the parts of the line that `_line` would write otherwise: unusual white space or step numbers, other keys.
    rest = {key: value for key, value in entry.items() if again.get(key) != value or key not in again}
    return imported.row(question, [solution], rest, where)


def _question_and_steps(tagged: str, labelled: str, where: str) -> tuple[str, list[tuple[str, int]]]:
    """Return the question of a line, and (text, label) of every step.

    Args:
      tagged: text of `input`.
      labelled: text of `label`.
      where: place of the line.

    Raises:
      BadInput: the two do not belong together, or nothing says where the question ends.
    """
    parts = _parts(tagged, labelled, where)
    (text, label), *later = parts
    border, before = _border(text, where), ""
    if border is None and (place := _numbered_later(parts, where)):
        # Tags in front of the first number are in the question.
        (text, label), *later = parts[place:]
        border = _STEP_1.search(text)
        before = _joined([other for other, _ in parts[:place]], text)
    elif border is None and text.count("?") == 1:
        border = _QUESTION_MARK.search(text)
        # A tag right behind the question is the question's own.
        if text.rstrip().endswith("?") and later:
            before, ((text, label), *later) = text.rstrip(), later
            border = _NOTHING.search(text)
    if border is None:
        refuse(where, _NO_BORDER, f"a question, then {_FIRST_STEP!r}")
    asked = before + text[: border.start()]
    if not asked.strip():
        refuse(where, "'input' has no question in front of its first step", f"a question, then {_FIRST_STEP!r}")
    return asked, [(text[border.end() :], label), *later]


def _joined(texts: Sequence[str], after: str) -> str:
    """Return the texts in front of tags as one, without the space that belonged to a tag. `after` follows them."""
    followed = zip(texts, [*texts[1:], after], strict=True)
    return "".join(text if other[:1].isalnum() else text.rstrip(" \t") for text, other in followed).lstrip()


def _numbered_later(parts: Sequence[tuple[str, int]], where: str) -> int | None:
    """Return which part behind the first has the number of step 1; None where none has, or a step is in front of it.

    Raises `BadInput` where the words in front of it may be the question's or an unnumbered step's.
    """
    for place, (text, _) in enumerate(parts):
        if place and (number := _STEP_1.search(text)):
            if text[: number.start()].strip() and parts[0][0].partition("?")[2].strip():
                refuse(where, _NO_BORDER, f"a question, then {_FIRST_STEP!r}")
            return place
        if _STEP_N.search(text):
            return None
    return None


def _border(text: str, where: str) -> re.Match[str] | None:
    """Return the number of the first step in what stands before the first tag; None where there is none.

    Raises `BadInput` where several numbers, none of them spelt as it should be, may be that of the first step.
    """
    exact = list(re.finditer(_FIRST_STEP, text))
    # A question may speak of a "Step 1: " itself, within a sentence.
    behind_sentence = [number for number in exact if text[: number.start()].rstrip().endswith((".", "?", "!"))]
    numbers = list(_STEP_1.finditer(text)) or list(_STEP_N.finditer(text))
    if not exact and len(numbers) > 1:
        refuse(
            where, f"'input' has {len(numbers)} steps in front of its first tag", f"a question, then {_FIRST_STEP!r}"
        )
    return next(iter(behind_sentence or exact or numbers), None)


def _unnumbered(text: str) -> str:
    """Return a step without its number."""
    number = _NUMBER.match(text)
    return unpadded(text[number.end() :]) if number else text


def _parts(tagged: str, labelled: str, where: str) -> list[tuple[str, int]]:
    """Return (text, label) in front of every tag; a tag that `label` repeats is part of a word.

    Args:
      tagged: text of `input`.
      labelled: text of `label`.
      where: place of the line.

    Raises:
      BadInput: `labelled` is not the same text with signs, or the text does not end with a tag.
    """
    *texts, behind = tagged.split(TAG)
    parts: list[tuple[str, int]] = []
    place, begun = 0, ""
    for text in texts:
        end = place + len(text)
        sign = labelled[end : end + 1]
        is_word = labelled.startswith(TAG, end)
        if labelled[place:end] != text or not (sign in SIGNS or is_word):
            refuse(
                where,
                f"'label' differs from 'input' before or at tag {len(parts) + 1}",
                "the same text with + or - for every tag",
            )
        begun += text
        if is_word:
            begun, place = begun + TAG, end + len(TAG)
            continue
        parts.append((begun, SIGNS[sign]))
        begun, place = "", end + 1
    if not parts:
        refuse(where, f"'input' has no step that ends in the tag {TAG!r}", "every step to end in it")
    if (begun + behind).strip() or labelled[place:] != behind:
        refuse(where, "there is text behind the last tag, or 'label' ends otherwise", f"every step to end in {TAG!r}")
    return parts
