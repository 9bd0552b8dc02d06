"""Scorer in this process: solutions in, chances of "right" out. The engine `scorer` is this one behind an actor.

Scorer("runs/prm/model").scores([("What is 1 + 1?", ["1 + 1 = 2\\n", "The answer is 2."])])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actors.models.model_store import ensure_local
from actors.scoring.batches import batches
from actors.scoring.heads import Head, tokenizer_of
from actors.scoring.recognition import recognised
from actors.scoring.settings import SOLUTION, Config
from actors.scoring.texts import Rows, Solution, Tagged, texts_of
from actors.training_data.reward_layout import LaidOut
from factory.errors import EngineFailed, PromptTooLong, QuestionFailed
from factory.evaluation.best_of_n import AGGREGATIONS
from factory.storage.access import Access
from factory.types import Prompt, Scores

Chances = tuple[float, ...]
"""Chances of "right" at the places of a text."""


class Scorer:
    """Reward model in a folder, in float32 on a CPU, in its own type on a GPU. Not for several threads at once.

    Attributes:
      layout: what it reads.
      max_model_len: tokens of a text at most.

    Args:
      model: model folder, or any name that `ensure_local` knows.
      config: settings.

    Raises:
      BadInput: the folder holds no scorer, or one that cannot be loaded.
    """

    def __init__(self, model: str, config: Config | None = None) -> None:
        self._config = config = config or Config()
        scorer = recognised(ensure_local(model, Access()), config)
        tokenizer = tokenizer_of(scorer.folder)
        self._texts = texts_of(scorer, tokenizer, config)
        choices = self._texts.choices if isinstance(self._texts, Tagged) else (0, 0)
        self._head = Head(scorer, config, tokenizer, choices)
        self.layout = scorer.layout
        self.folder = scorer.folder
        self.max_model_len = min(self._head.context, config.max_model_len or self._head.context)

    def rows(self, solutions: Sequence[Solution]) -> list[Rows | QuestionFailed]:
        """Return what the model reads of each solution, or why it cannot be scored."""
        clean = [(_clean(prompt), [*map(_utf8, steps)]) for prompt, steps in solutions]
        rows = iter(self._texts.rows([solution for solution in clean if solution[1]]))
        return [self._fitting(next(rows)) if steps else _no_steps() for _, steps in clean]

    def judged(self, texts: Sequence[LaidOut]) -> list[Chances | QuestionFailed]:
        """Return the chances at the places of each text, by one pass of the model."""
        return self._head.chances(texts)

    def scores(self, solutions: Iterable[Solution]) -> list[Scores | QuestionFailed]:
        """Return the scores of each solution, or why it has none, such as `PromptTooLong`."""
        laid = self.rows(list(solutions))
        texts = [text for rows in laid if not isinstance(rows, QuestionFailed) for text in rows]
        judged: dict[int, Chances | QuestionFailed] = {}
        lengths = [len(text.ids) for text in texts]
        for batch in batches(lengths, self._config.batch_tokens, self._config.batch_rows):
            judged |= zip(batch, self.judged([texts[number] for number in batch]), strict=True)
        answers = iter([judged[number] for number in range(len(texts))])
        return [
            rows if isinstance(rows, QuestionFailed) else self.combined(rows, [next(answers) for _ in rows])
            for rows in laid
        ]

    def combined(self, rows: Rows, judged: Sequence[Chances | QuestionFailed]) -> Scores | QuestionFailed:
        """Return the scores of a solution from what was judged of its rows; a row that failed fails all."""
        steps: list[float] = []
        for chances in judged:
            if isinstance(chances, QuestionFailed):
                return chances
            steps += chances
        # An outcome reward model has judged the whole already.
        whole = AGGREGATIONS["last" if self.layout == SOLUTION else self._config.aggregation](steps)
        return Scores(steps=tuple(steps), whole=whole, tokens=sum(len(row.ids) for row in rows))

    def _fitting(self, rows: Rows | QuestionFailed) -> Rows | QuestionFailed:
        """Return rows, or `PromptTooLong` where one does not fit the model."""
        longest = max(len(row.ids) for row in rows) if not isinstance(rows, QuestionFailed) else 0
        if longest <= self.max_model_len:
            return rows
        return PromptTooLong(f"prompt and steps have {longest} tokens; the scorer reads at most {self.max_model_len}")


def _no_steps() -> QuestionFailed:
    return EngineFailed("got a solution without steps; expected some to score")


def _clean(prompt: Prompt) -> Prompt:
    """Return a prompt without lone surrogates."""
    return _utf8(prompt) if isinstance(prompt, str) else tuple((role, _utf8(content)) for role, content in prompt)


def _utf8(text: str) -> str:
    """Return a text without lone surrogates, which no tokenizer takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
