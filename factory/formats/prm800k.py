"""PRM800K (Lightman et al., arXiv 2305.20050; github.com/openai/prm800k): one labelled trajectory per line.

At every step a person rated some completions: 1, 0 (neutral) or -1. The trajectory continues with the chosen one, or
with one that the person wrote; every other one is a partial solution of its own, which ends with it. A label says
"still right after this step", so neutral is +1, as the paper scores solutions; the rating itself is kept. A step that
was not rated stays unlabelled. `finish_reason` "solution" says that the trajectory reached the right answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from factory.export import imported
from factory.export.flat_rows import has_known_steps, known_steps, steps_before_cut
from factory.export.imported import member, objects, refuse, shown
from factory.types import Question

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = ["source", "question", "gold_answer", "metadata", "solutions"]
NAME = "prm800k"
uses = has_known_steps
LineStep = dict[str, Any]


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the line that a record came from; for other records one line per solution whose first step is labelled.

    Such a line has the steps up to the first error.
    """
    rest = imported.kept(record, NAME)
    if rest is not None:
        yield {**rest, "question": {**rest["question"], "problem": record["question"]}}
        return
    for solution in record["solutions"]:
        if uses(solution):
            yield _line(record, solution, known_steps(solution))


def labels(row: Mapping[str, Any]) -> Iterator[int]:
    """Yield all ratings of a line, for the counts in the data set's card."""
    for step in row["label"]["steps"]:
        for completion in (*(step.get("completions") or ()), step.get("human_completion")):
            if completion is not None and completion["rating"] is not None:
                yield completion["rating"]


def _line(record: Mapping[str, Any], solution: Mapping[str, Any], steps: list[LineStep]) -> dict[str, Any]:
    wrong = steps[-1]["label"] == -1
    solved = not wrong and len(steps) == len(steps_before_cut(solution)) and solution["verdict"] == "correct"
    return {
        "labeler": None,
        "timestamp": None,
        "generation": None,
        "is_quality_control_question": False,
        "is_initial_screening_question": False,
        "question": {"problem": record["question"], "ground_truth_answer": record["gold_answer"] or None},
        "label": {
            "steps": [
                {
                    "completions": [{"text": step["text"], "rating": step["label"], "flagged": None}],
                    "human_completion": None,
                    # As in phase 2 of PRM800K: labelling ends at the first error, where nothing was chosen.
                    "chosen_completion": 0 if step["label"] == 1 else None,
                }
                for step in steps
            ],
            "total_time": None,
            "finish_reason": "found_error" if wrong else "solution" if solved else None,
        },
    }


def parse(line: str, where: str) -> dict[str, Any]:
    """Return a line as a record: its trajectory first, then every alternative as a solution of its own.

    Raises `BadInput`, beginning with `where` (file and line number), for anything malformed.
    """
    entry = imported.json_object(line, where)
    asked = member(entry, "question", dict, where, "the line")
    label = member(entry, "label", dict, where, "the line")
    question = Question(
        text=imported.question_text(asked, "problem", where, "the question"),
        gold=imported.optional_text(asked, "ground_truth_answer", where, "the question"),
        source=NAME,
    )
    given = objects(member(label, "steps", list, where, "the label"), where, "the steps")
    trajectory, alternatives = _trajectory(given, where)
    rest = {**entry, "question": {**asked, "problem": ""}}
    solved = label.get("finish_reason") == "solution" and len(trajectory) == len(given)
    return imported.row(question, _solutions(question, trajectory, alternatives, solved), rest, where)


def _solutions(
    question: Question, trajectory: list[LineStep], alternatives: list[tuple[int, LineStep]], solved: bool
) -> Iterator[dict[str, Any]]:
    if trajectory:
        last = trajectory[-1]
        _, marker, answer = last["text"].rpartition("# Answer")
        yield imported.solution(
            question,
            trajectory,
            final_answer=answer.strip() or None if marker else None,
            verdict="correct" if solved and last["label"] != -1 else None,
        )
    for depth, alternative in alternatives:
        yield imported.solution(question, [*trajectory[:depth], alternative])


def _trajectory(given: list[dict[str, Any]], where: str) -> tuple[list[LineStep], list[tuple[int, LineStep]]]:
    """Return the chosen steps, and every other completion with the number of chosen steps before it.

    The trajectory ends where nothing was chosen; steps of the line behind that belong to no solution.
    """
    trajectory: list[LineStep] = []
    alternatives: list[tuple[int, LineStep]] = []
    for number, holder in enumerate(given, start=1):
        what = f"step {number}"
        completions = [_completion(item, where, what) for item in _completions(holder, where, what)]
        chosen = _chosen(holder, len(completions), where, what)
        # The others end here, each behind the trajectory so far.
        alternatives += [(number - 1, item) for index, item in enumerate(completions) if index != chosen]
        # A completion that the person wrote leads on where none of the model's was chosen.
        human = holder.get("human_completion")
        written = (
            None if human is None else _completion(member(holder, "human_completion", dict, where, what), where, what)
        )
        leading = written if chosen is None else completions[chosen]
        if leading is None:
            break
        trajectory.append(leading)
    return trajectory, alternatives


def _completions(holder: Mapping[str, Any], where: str, what: str) -> list[dict[str, Any]]:
    if holder.get("completions") is None:
        return []
    return objects(member(holder, "completions", list, where, what), where, f"the completions of {what}")


def _completion(given: Mapping[str, Any], where: str, what: str) -> LineStep:
    text = member(given, "text", str, where, f"a completion of {what}")
    if "rating" not in given:
        refuse(where, f"a completion of {what} has no 'rating'", "1, 0, -1 or null under that key")
    rating = given["rating"]
    if rating is not None and (type(rating) is not int or rating not in (-1, 0, 1)):
        refuse(where, f"a rating of {what} is {shown(rating)}", "1, 0, -1 or null")
    return imported.step(text, None if rating is None else -1 if rating == -1 else 1)


def _chosen(holder: Mapping[str, Any], n_completions: int, where: str, what: str) -> int | None:
    chosen = holder.get("chosen_completion")
    if chosen is None:
        return None
    if type(chosen) is not int or not 0 <= chosen < n_completions:
        refuse(where, f"'chosen_completion' of {what} is {shown(chosen)}", f"null or a number below {n_completions}")
    return chosen
