"""Math-Shepherd (Wang et al., arXiv 2312.08935), the layout of its published data set: one solution per line.

`input` is the question and the solution, every step ending in the tag "ки"; `label` is the same text with "+" or "-"
for the tags: "+" when any completion from there reached the gold answer (hard estimation). The last step is the whole
solution, so its label is the verdict. The layout has no gold answers.

    {"input": "What is 1 + 1? Step 1: 1 + 1 = 2. ки\\nStep 2: The answer is: 2 ки",
     "label": "What is 1 + 1? Step 1: 1 + 1 = 2. +\\nStep 2: The answer is: 2 +", "task": "GSM8K"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from factory.answers.extraction.extract import final_answer
from factory.export import imported
from factory.export.flat_rows import has_usable_labels
from factory.export.imported import refuse
from factory.text.wording import unpadded
from factory.types import Question

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = ["source", "question", "metadata", "solutions"]
NAME = "math_shepherd"
TAG, SIGNS = "ки", {"+": 1, "-": -1}
_FIRST_STEP = " Step 1: "
_NUMBER = re.compile(r"Step [0-9]{1,4}: ?")


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when all steps of a solution are labelled and none has the tag in its text."""
    steps = solution["steps"]
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
        texts = [item["text"] for item in solution["steps"]]
        labels = [item["label"] for item in solution["steps"]]
        if rest is not None:
            yield {**_line(record["question"], texts, labels), **rest}
        elif uses(solution) and fits(record["question"]):
            yield {
                **_line(record["question"].strip(), [unpadded(text) for text in texts], labels),
                "task": record["source"],
            }


def labels(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the signs of a line: the characters of `label` at the places where `input` has its tags."""
    place = 0
    for text in row["input"].split(TAG)[:-1]:
        place += len(text)
        yield row["label"][place]
        place += 1


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
    asked, first, solved = tagged.partition(_FIRST_STEP)
    if not first or not asked.strip():
        refuse(where, "'input' has no question with a first step behind it", f"a question, then {_FIRST_STEP!r}")
    question = Question(text=asked, gold="", source=NAME)
    head = asked + first
    if not labelled.startswith(head):
        refuse(where, "'label' does not begin as 'input' does", "the same text with + or - for every tag")
    # Steps: the number of a later one is dropped, `_line` writes it again.
    steps = [
        imported.step(_NUMBER.sub("", text.strip(), count=1) if number else unpadded(text), label)
        for number, (text, label) in enumerate(_steps(solved, labelled[len(head) :], where))
    ]
    verdict = "correct" if steps[-1]["label"] == 1 else "incorrect"
    solution = imported.solution(
        question, steps, final_answer=final_answer(steps[-1]["text"], tail_chars=500), verdict=verdict
    )
    again = _line(asked, [item["text"] for item in steps], [item["label"] for item in steps])
    # Keep the parts of the line that `_line` would write otherwise: unusual white space or step numbers, other keys.
    rest = {key: value for key, value in entry.items() if again.get(key) != value or key not in again}
    return imported.row(question, [solution], rest, where)


def _steps(solved: str, labelled: str, where: str) -> list[tuple[str, int]]:
    """Return (text of a step, its label) for every tag. Raises `BadInput` when `labelled` is not the same text."""
    *texts, behind = solved.split(TAG)
    steps, place = [], 0
    for number, text in enumerate(texts, start=1):
        end = place + len(text)
        sign = labelled[end : end + 1]
        if labelled[place:end] != text or sign not in SIGNS:
            refuse(where, f"step {number} of 'label' is not that of 'input' with + or - for its tag", "the same steps")
        steps.append((text, SIGNS[sign]))
        place = end + 1
    if not steps:
        refuse(where, f"'input' has no step that ends in the tag {TAG!r}", "every step to end in it")
    if behind.strip() or labelled[place:] != behind:
        refuse(where, "there is text behind the last tag, or 'label' ends otherwise", f"every step to end in {TAG!r}")
    return steps
