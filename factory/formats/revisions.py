"""Wrong attempts followed by a right one on the same question, to train a model that revises (Snell et al., arXiv
2408.03314, sec. 6.1 and app. H).

As in the paper:

* The attempts were sampled independently.
* The wrong attempt nearest to the right one, by edit distance in characters, comes last: so correcting it teaches more
  than starting again. Others are drawn before it.
* The number of wrong attempts is drawn uniformly, from one to four.
* `prompt` shows the attempts numbered. `attempts` has them for other wordings.

Rows without a wrong attempt, which the paper has too, are those of `prompt_completion`. All draws depend on the
question's id alone. Attempts are those of one record: a question that two runs hold has up to `ROWS_PER_QUESTION` rows
of each run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from factory.drafting.transcript import transcript
from factory.export.flat_rows import completion_text, is_flawed, is_judged, is_sampled, is_whole, prompt_text
from factory.self_training.candidates import Candidate, candidates, capped
from factory.text.wording import unpadded
from factory.types import Outcome

SUFFIX = ".parquet"
ATTEMPTS = 4  # most wrong attempts in a row
# They bound the time per question: 4 x 16 distances of texts of 2,000 characters.
ROWS_PER_QUESTION, WRONG_PER_QUESTION, COMPARED_CHARACTERS = 4, 16, 2000
FEATURES = pa.schema(
    [
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("attempts", pa.list_(pa.string())),
        ("question_id", pa.string()),
        ("solution_id", pa.string()),
        ("attempt_ids", pa.list_(pa.string())),
        ("model", pa.string()),
        ("model_revision", pa.string()),
        ("round", pa.int32()),
    ]
)
COLUMNS = ["question_id", "question", "solutions"]
WHOLE_TEXTS = True


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution may be an attempt.

    That is when it was sampled independently, judged and not cut off, and is not right in spite of a wrong step.
    """
    return is_judged(solution) and is_sampled(solution) and is_whole(solution) and not is_flawed(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield at most `ROWS_PER_QUESTION` rows of finished solutions that were sampled and judged."""
    rng = Random(record["question_id"])
    # What a search guided or revised is no independent attempt; `trajectories` has those.
    sampled = [one for one in candidates(record) if one.finished and one.independent and not one.hinted]
    right = _drawn([one for one in sampled if one.right and not one.flawed], ROWS_PER_QUESTION, rng)
    wrong = _drawn([one for one in sampled if one.verdict == Outcome.INCORRECT], WRONG_PER_QUESTION, rng)
    # Each right attempt gets its own wrong ones before it.
    for last in right if wrong else []:
        others = list(wrong)
        closest = others.pop(_nearest(last, wrong))
        before = rng.sample(others, min(rng.randint(1, ATTEMPTS) - 1, len(others)))
        yield _row(record, [*before, closest], last)


def _nearest(last: Candidate, wrong: list[Candidate]) -> int:
    """Return the index of the wrong attempt with the smallest edit distance to `last`, the first of equal ones."""
    text, *others = (unpadded(one.text)[:COMPARED_CHARACTERS] for one in (last, *wrong))
    return int(process.extractOne(text, others, scorer=Levenshtein.distance)[2])


def _row(record: Mapping[str, Any], attempts: list[Candidate], last: Candidate) -> dict[str, Any]:
    texts = [unpadded(one.text) for one in attempts]
    return {
        "prompt": f"{prompt_text(record)}\n\n{transcript(texts)}",
        "completion": completion_text(last.text),
        "attempts": texts,
        "question_id": last.question_id,
        "solution_id": last.solution_id,
        "attempt_ids": [one.solution_id for one in attempts],
        "model": last.model or None,
        "model_revision": last.model_revision or None,
        "round": last.round,
    }


def _drawn(fit: list[Candidate], at_most: int, rng: Random) -> list[Candidate]:
    return [decision.candidate for decision in capped(fit, at_most, rng) if decision.kept]
