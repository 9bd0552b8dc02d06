"""Questions for the `simulated` engine: numbered, with the gold answer in the text, where that engine reads it.

They exist for tests and benchmarks of everything but the model. `gold` is spread over 90,000 values, so that a wrong
answer does not hit it unless the engine means it to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from factory.seeds import seed_for
from factory.types import Question


@dataclass
class Config:
    """Settings of the source.

    * `n`: how many questions.
    * `seed`: of the gold answers.
    """

    n: int = 100
    seed: int = 0


def questions(config: Config) -> Iterator[Question]:
    """Yield `config.n` questions. Question i is the same whatever `n` is."""
    return questions_from(config, 0)


def stamp(config: Config) -> str:
    """Return "": the config alone decides."""
    return ""


def questions_from(config: Config, row: int) -> Iterator[Question]:
    """Yield the questions from number `row` on."""
    for index in range(row, config.n):
        gold = 10_000 + seed_for(config.seed, str(index), "gold") % 90_000
        yield Question(
            text=f"Simulated question {index} (seed {config.seed}) with gold answer {gold}.",
            gold=str(gold),
            source="simulated",
            licence="Apache-2.0",
        )
