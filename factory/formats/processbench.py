"""ProcessBench (Zheng et al., arXiv 2412.06559; huggingface.co/datasets/Qwen/ProcessBench): where is the first error?

`label` is the 0-based number of the first wrong step, -1 when all are right. A solution may have an error and still
state the right answer. Steps behind the error are not labelled. The layout has no gold answers. The data set's own
files are JSON arrays; `load_dataset("Qwen/ProcessBench", split="gsm8k").to_json("gsm8k.jsonl")` makes lines of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from factory.answers.extraction.extract import final_answer
from factory.export import imported
from factory.export.flat_rows import is_judged, is_right, steps_before_cut
from factory.export.imported import member, refuse, shown
from factory.types import Question

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = ["question_id", "source", "question", "metadata", "solutions"]
NAME = "processbench"
TAIL_CHARS = 500
# Verdicts by (answer right, no error). A wrong answer without an error has none: rather the answer that it was compared
# with is wrong.
VERDICTS = {(True, True): "correct", (True, False): "correct", (False, False): "incorrect"}


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution is judged and its first error is known."""
    if solution["first_error"] is None or not is_judged(solution):
        return False
    # An error in a piece of a step that was cut off is in no step of the line.
    return bool(solution["steps"]) and solution["first_error"] < len(steps_before_cut(solution))


def labels(row: Mapping[str, Any]) -> list[int]:
    """Return the label of a line, for the counts in the data set's card."""
    return [row["label"]]


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the line that a record came from; for others one line per judged solution with a known first error."""
    rest = imported.kept(record, NAME)
    for solution in record["solutions"]:
        steps = [step["text"] for step in steps_before_cut(solution)]
        if rest is not None:
            yield {**rest, "problem": record["question"], "steps": steps}
        elif uses(solution):
            yield {
                "id": f"{record['question_id']}-{solution['solution_id']}",
                "generator": solution["model"],
                "problem": record["question"],
                "steps": steps,
                "final_answer_correct": is_right(solution),
                "label": solution["first_error"],
            }


def parse(line: str, where: str) -> dict[str, Any]:
    """Return a line as a record with one solution.

    Raises `BadInput`, beginning with `where` (file and line number), for anything malformed.
    """
    # Read and check the line.
    entry = imported.json_object(line, where)
    question = Question(
        text=imported.question_text(entry, "problem", where, "the line"),
        gold="",
        source=NAME,
    )
    texts = _texts(member(entry, "steps", list, where, "the line"), where)
    wrong = entry.get("label")
    if type(wrong) is not int or not -1 <= wrong < len(texts):
        refuse(where, f"'label' is {shown(wrong)}", f"-1, or the number of a step below {len(texts)}")
    right = entry.get("final_answer_correct")
    if not isinstance(right, bool):
        refuse(where, f"'final_answer_correct' is {shown(right)}", "true or false")
    # Steps before the error are right, those behind it unknown.
    n_right = len(texts) if wrong == -1 else wrong
    labels = [1] * n_right + [-1] * (wrong != -1) + [None] * (len(texts) - n_right - 1)
    steps = [imported.step(text, label) for text, label in zip(texts, labels, strict=True)]
    solution = imported.solution(
        question,
        steps,
        text="\n\n".join(texts),
        final_answer=final_answer(texts[-1], tail_chars=TAIL_CHARS),
        verdict=VERDICTS.get((right, wrong == -1)),
    )
    written_by = imported.optional_text(entry, "generator", where, "the line") or None
    return imported.row(question, [{**solution, "model": written_by}], {**entry, "problem": "", "steps": []}, where)


def _texts(given: list[Any], where: str) -> list[str]:
    if not given:
        refuse(where, "'steps' is empty", "one step at least")
    for text in given:
        if not isinstance(text, str):
            refuse(where, f"one of the steps is {shown(text)}", "JSON strings")
    return given
