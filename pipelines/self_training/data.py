"""Training data of a round, made of its records: what is kept, why the rest is not, and preference pairs.

    round_0/train/data/train-00000-of-00001.parquet    what the trainer reads
    round_0/train/decisions.parquet                    every candidate, and what was decided about it
    round_0/train/pairs.parquet                        right against wrong, where star.pairs_per_question asks for it

Questions go through one by one; memory does not grow with the run. A hinted solution is to a question without a right
sample, so that what is decided about it needs no look at that question's samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from factory.rollouts.prompting import PromptTemplate, hint_of, load_prompt, render
from factory.seeds import seed_for
from factory.self_training.candidates import Candidate, Decision, candidates
from factory.self_training.preference_pairs import pair_row, pairs
from factory.self_training.preference_pairs import schema as pair_schema
from factory.self_training.training import EXAMPLE_CHAT, EXAMPLE_RAW, example_texts
from factory.shards.commits import read_rows
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.types import Question
from pipelines.rounds.parquet_table import ParquetTable
from pipelines.self_training.star_runs import RATIONALISE, SAMPLE, training_folder
from pipelines.self_training.star_settings import StarSettings

DATA, DECISIONS, PAIRS = "data/train-00000-of-00001.parquet", "decisions.parquet", "pairs.parquet"
DECISION = pa.schema(
    [
        ("question_id", pa.string()),
        ("solution_id", pa.string()),
        ("hinted", pa.bool_()),
        ("kept", pa.bool_()),
        ("reason", pa.string()),
        ("model_revision", pa.string()),
    ]
)
_COLUMNS = ["question_id", "question", "gold_answer", "answer_kind", "solutions"]


def write_training_data(star_settings: StarSettings, round_: int, store: Store) -> dict[str, Any]:
    """Decide on every candidate of the round and write what the trainer reads.

    What was written before a kill is written again, to the same rows.

    Args:
      star_settings: settings of the STaR run.
      round_: index of the round, 0-based.
      store: the STaR run's folder.

    Returns:
      Counts of questions and candidates, those that were rejected by reason.
    """
    template = load_prompt(star_settings.trained_prompt.template, star_settings.trained_prompt.style)
    hinting = (
        load_prompt(star_settings.rationalise.template, star_settings.base.prompt.style)
        if star_settings.rationalises
        else None
    )
    asked_pairs = star_settings.star.pairs_per_question
    counts = _Counts()
    with TemporaryDirectory(prefix="factory-star-") as scratch, ExitStack() as files:
        examples = files.enter_context(
            ParquetTable(Path(scratch) / "examples", EXAMPLE_CHAT if template.style == "chat" else EXAMPLE_RAW)
        )
        decisions = files.enter_context(ParquetTable(Path(scratch) / "decisions", DECISION))
        paired = files.enter_context(ParquetTable(Path(scratch) / "pairs", pair_schema(template.style)))

        # Phase 1: decide, question by question; rows go to files on this machine's disk.
        for hinted, question, ours in _questions(star_settings, round_):
            hint = hint_of(hinting, question) if hinting and hinted else ""
            decided = star_settings.keep.plugin.select(
                ours,
                hint,
                question.gold or "",
                star_settings.keep.config,
                _draws(star_settings, round_, question, "keep"),
            )
            counts.add(hinted, decided)
            decisions.add(_decision_row(decision) for decision in decided)
            examples.add(_example(template, question, decision.candidate) for decision in decided if decision.kept)
            chosen = pairs(ours, asked_pairs, _draws(star_settings, round_, question, "pairs")) if asked_pairs else []
            counts.pairs += len(chosen)
            paired.add(pair_row(pair, render(template, question)) for pair in chosen)
        files.close()

        # Phase 2: commit the finished files. The first driver's stay where two have written them.
        written = {DATA: examples, DECISIONS: decisions} | ({PAIRS: paired} if asked_pairs else {})
        for name, table in written.items():
            store.create_from(f"{training_folder(round_)}/{name}", table.path)
    return counts.as_dict()


class _Counts:
    """Counts of a round's questions and candidates; those with a hint apart."""

    def __init__(self) -> None:
        self.questions = self.solved = self.rationalised = self.pairs = 0
        self.reasons: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}

    def add(self, hinted: bool, decided: Sequence[Decision]) -> None:
        """Count one question with its candidates."""
        kept = any(decision.kept for decision in decided)
        self.questions += not hinted
        self.solved += kept and not hinted
        self.rationalised += kept and hinted
        for decision in decided:
            self.reasons[decision.candidate.hinted][str(decision.reason)] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as the journal keeps them."""
        sampled, hinted = (dict(sorted(self.reasons[flag].items())) for flag in (False, True))
        return {
            "questions": self.questions,
            "solved": self.solved,
            "rationalised": self.rationalised,
            "kept": sampled.pop("kept", 0),
            "kept_hinted": hinted.pop("kept", 0),
            "rejected": sampled,
            "rejected_hinted": hinted,
            "pairs": self.pairs,
        }


def _questions(star_settings: StarSettings, round_: int) -> Iterator[tuple[bool, Question, list[Candidate]]]:
    """Yield (hinted, question, candidates): every question with its samples, then every one that was asked again."""
    for part in (SAMPLE, RATIONALISE):
        for row in read_rows(open_store(star_settings.folder(round_, part), star_settings.base.storage), _COLUMNS):
            question = Question(
                id=row["question_id"], text=row["question"], gold=row["gold_answer"], answer_kind=row["answer_kind"]
            )
            yield part == RATIONALISE, question, candidates(row)


def _draws(star_settings: StarSettings, round_: int, question: Question, purpose: str) -> Random:
    """Return draws that depend on run, round, question and purpose, and on no order."""
    return Random(seed_for(star_settings.base.run.seed, question.id, f"{purpose}/{round_}"))


def _example(template: PromptTemplate, question: Question, candidate: Candidate) -> dict[str, Any]:
    """Return one training example: the prompt without any hint, and the solution that should follow it."""
    return example_texts(render(template, question), candidate.text.rstrip()) | {
        "question_id": candidate.question_id,
        "solution_id": candidate.solution_id,
        "hinted": candidate.hinted,
        "round": candidate.round,
        "model_revision": candidate.model_revision,
    }


def _decision_row(decision: Decision) -> dict[str, Any]:
    """Return the row of `decisions.parquet`."""
    candidate = decision.candidate
    return {
        "question_id": candidate.question_id,
        "solution_id": candidate.solution_id,
        "hinted": candidate.hinted,
        "kept": decision.kept,
        "reason": str(decision.reason),
        "model_revision": candidate.model_revision,
    }
