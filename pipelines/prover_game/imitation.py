"""Training data of the provers: the most rewarded solutions of both, each behind the prompt of its role.

    round_1/imitate/data/train-00000-of-00001.parquet    what the trainer reads
    round_1/imitate/rewards.parquet                      every solution, its score and reward, and whether it was kept

Questions go through one by one; memory does not grow with the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from factory.records.thought_fields import whole_text
from factory.rollouts.prompting import PromptTemplate, cached_prompt, render
from factory.self_training.convincing import PROVERS, Rewarded, rewarded
from factory.self_training.training import EXAMPLE_CHAT, EXAMPLE_RAW, example_texts
from factory.shards.commits import read_rows
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.types import Question
from pipelines.prover_game.game_runs import imitation_folder, scored_runs
from pipelines.prover_game.settings import GameSettings
from pipelines.rounds.parquet_table import ParquetTable

DATA, REWARDS = "data/train-00000-of-00001.parquet", "rewards.parquet"
REWARD = pa.schema(
    [
        ("question_id", pa.string()),
        ("solution_id", pa.string()),
        ("role", pa.string()),
        ("verdict", pa.string()),
        ("score", pa.float64()),
        ("reward", pa.float64()),
        ("kept", pa.bool_()),
    ]
)
_COLUMNS = ["question_id", "question", "gold_answer", "answer_kind", "solutions"]


@dataclass(slots=True)
class _Counts:
    """Counts of one prover: solutions, those with a reward, those kept, and the rewards of these."""

    solutions: int = 0
    rewarded: int = 0
    kept: int = 0
    sum_kept: float = 0.0

    def add(self, one: Rewarded) -> None:
        """Count one solution."""
        self.solutions += 1
        self.rewarded += one.reward > 0
        self.kept += one.kept
        self.sum_kept += one.reward if one.kept else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as the journal keeps them."""
        mean = self.sum_kept / self.kept if self.kept else None
        return {"solutions": self.solutions, "rewarded": self.rewarded, "kept": self.kept, "mean_reward": mean}


def write_imitation(settings: GameSettings, round_: int, revision: str | None, store: Store) -> dict[str, Any]:
    """Reward every solution of the round before, and write what the provers are trained on.

    What was written before a kill is written again, to the same rows.

    Args:
      settings: settings of the game.
      round_: index of the round, from 1 on.
      revision: revision of the provers that wrote the solutions, where it is known.
      store: the game's folder.

    Returns:
      Counts by prover.
    """
    style = settings.base.prompt.style
    counts = {prover: _Counts() for prover in PROVERS}
    with TemporaryDirectory(prefix="factory-provers-") as scratch, ExitStack() as files:
        schema = EXAMPLE_CHAT if style == "chat" else EXAMPLE_RAW
        examples = files.enter_context(ParquetTable(Path(scratch) / "examples", schema))
        rewards = files.enter_context(ParquetTable(Path(scratch) / "rewards", REWARD))
        for prover, question, ours in _rewarded(settings, round_):
            template = cached_prompt(settings.provers.prompt(prover, trained=True), style)
            for one in ours:
                counts[prover].add(one)
            rewards.add([_reward_row(prover, question, one) for one in ours])
            examples.add([_example(template, question, one, round_, revision) for one in ours if one.kept])
        files.close()
        for name, table in {DATA: examples, REWARDS: rewards}.items():
            store.create_from(f"{imitation_folder(round_)}/{name}", table.path)
    return {prover: counted.as_dict() for prover, counted in counts.items()}


def _rewarded(settings: GameSettings, round_: int) -> Iterator[tuple[str, Question, list[Rewarded]]]:
    """Yield (prover, question, solutions with rewards): every question of the one prover, then of the other."""
    provers = settings.provers
    for prover, part in scored_runs(settings, round_).items():
        for row in read_rows(open_store(part.run.dir, settings.base.storage), _COLUMNS):
            question = Question(
                id=row["question_id"], text=row["question"], gold=row["gold_answer"], answer_kind=row["answer_kind"]
            )
            yield prover, question, rewarded(prover, row["solutions"], provers.per_question, provers.min_reward)


def _reward_row(prover: str, question: Question, one: Rewarded) -> dict[str, Any]:
    """Return the row of `rewards.parquet`."""
    solution = one.solution
    return {
        "question_id": question.id,
        "solution_id": solution["solution_id"],
        "role": prover,
        "verdict": solution["verdict"],
        "score": solution["score"],
        "reward": one.reward,
        "kept": one.kept,
    }


def _example(
    template: PromptTemplate, question: Question, one: Rewarded, round_: int, revision: str | None
) -> dict[str, Any]:
    """Return one training example: the prompt of the prover's role, and the solution that should follow it."""
    return example_texts(render(template, question), whole_text(one.solution).rstrip()) | {
        "question_id": question.id,
        "solution_id": one.solution["solution_id"],
        "hinted": False,
        "round": round_ - 1,
        "model_revision": revision,
    }
