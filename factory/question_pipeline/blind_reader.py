"""Reader of final answers that has never seen the gold answer: what a search votes by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from factory.contracts.checkers import AnswerFunction, CheckerPlugin, SameFunction
from factory.types import Question


@dataclass(slots=True)
class BlindReader:
    """Reader of the answers to one question, by the checker's rules.

    * `read`, `compare`: `answer` and `same` of the checker. `config`: its settings.
    * `question`: the question; its gold answer is taken out before anything is read.
    """

    read: AnswerFunction
    compare: SameFunction
    config: Any
    question: Question
    _blind: bool = False

    @classmethod
    def of(cls, checker: CheckerPlugin, config: Any, question: Question) -> BlindReader | None:
        """Return the reader of a checker; None for one that knows no answers."""
        return None if checker.answer is None else cls(checker.answer, checker.same, config, question)

    def answer(self, text: str) -> str | None:
        """Return the final answer of a text; None where it states none."""
        if not self._blind:
            # At the first answer: most runs never ask for one.
            self.question, self._blind = replace(self.question, gold=""), True
        return self.read(self.question, text, self.config)

    def same(self, one: str, other: str) -> bool:
        """Return whether two such answers mean the same."""
        return self.compare(one, other, self.config)
