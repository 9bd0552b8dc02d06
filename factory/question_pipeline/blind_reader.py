"""Reader of final answers that has never seen the gold answer: what a search votes by.

Not the gold alone tells it: so may metadata (`accepted_answers`, tests), solutions that came with the question, an id,
which hashes the gold, and a place in a file, where it can be looked up. A checker's `answer` is shown a question that
has none of these: its text, its source, the kind of its answer, and the metadata that the checker's `ASKED` names.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from factory.contracts.checkers import AnswerFunction, CheckerPlugin, SameFunction
from factory.types import Question


@dataclass(slots=True)
class BlindReader:
    """Reader of the answers to one question, by the checker's rules.

    * `read`, `compare`: `answer` and `same` of the checker. `config`: its settings.
    * `question`: the question; what tells its gold answer is taken out before anything is read.
    * `asked`: keys of the metadata that are part of what is asked.
    """

    read: AnswerFunction
    compare: SameFunction
    config: Any
    question: Question
    asked: tuple[str, ...] = ()
    _blind: bool = False

    @classmethod
    def of(cls, checker: CheckerPlugin, config: Any, question: Question) -> BlindReader | None:
        """Return the reader of a checker; None for one that knows no answers."""
        return None if checker.answer is None else cls(checker.answer, checker.same, config, question, checker.ASKED)

    def answer(self, text: str) -> str | None:
        """Return the final answer of a text; None where it states none."""
        if not self._blind:
            # At the first answer: most runs never ask for one.
            self.question, self._blind = _without_gold(self.question, self.asked), True
        return self.read(self.question, text, self.config)

    def same(self, one: str, other: str) -> bool:
        """Return whether two such answers mean the same."""
        return self.compare(one, other, self.config)


def _without_gold(question: Question, asked: Collection[str]) -> Question:
    """Return what is asked, without anything that may tell the gold answer; the id is that of a question without one.

    `asked` are the keys of the metadata that stay.
    """
    return Question(
        text=question.text,
        gold="",
        source=question.source,
        answer_kind=question.answer_kind,
        metadata={key: value for key, value in question.metadata.items() if key in asked},
    )
