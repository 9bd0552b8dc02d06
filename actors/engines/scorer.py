"""Reward model that scores solutions: PRMs and ORMs that our trainers leave, Math-Shepherd's tags, Qwen2.5-Math-PRM.

What lies in the model folder is recognised, or set (`engine.layout`); `actors/scoring/` has the parts. Requests of all
questions are laid out in one thread and judged in another, by batches of tokens.

Importing this module is cheap: torch is imported in `start`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from actors.batching import Batcher
from actors.engine_runtime.engine_process import EngineDied
from actors.models.model_store import ensure_local
from actors.models.resolve import model_revision
from actors.scoring.queue import BatchQueue
from actors.scoring.recognition import check_scorer
from actors.scoring.scorer import Chances, Scorer
from actors.scoring.settings import EXECUTION, Config, environment
from actors.scoring.texts import Rows, Solution
from actors.training_data.reward_layout import LaidOut
from factory import interfaces
from factory.errors import QuestionFailed
from factory.storage.access import Access
from factory.types import ScoreRequest, Scores

__all__ = ["EXECUTION", "SCORES", "Config", "Engine", "check_settings", "environment", "fetch"]

SCORES = True
# Solutions of one call of the tokenizer.
_AT_A_TIME = 256
# Texts that wait for each one that a batch may hold.
_WAITING = 8


def check_settings(model: str, config: Config) -> None:
    """Raise `BadInput` when a model is no scorer under these settings, as far as this machine can tell."""
    check_scorer(model, config)


def fetch(model: str) -> None:
    """Bring a model to this machine, wherever it is. Raises `BadInput` where it cannot be had."""
    ensure_local(model, Access())


class Engine(interfaces.Engine):
    """`Engine` protocol of `factory/interfaces.py` around a `Scorer`."""

    name = "scorer"

    def __init__(self, config: Config, model: str) -> None:
        self._config, self._model = config, model
        self._scorer: Scorer | None = None
        self._tokenise = ThreadPoolExecutor(1, thread_name_prefix="lay_out")
        self._layouts: Batcher[Solution, Rows | QuestionFailed] = Batcher(self._laid_out, _AT_A_TIME)
        self.max_num_seqs = config.batch_rows
        self.max_num_batched_tokens = config.batch_tokens

    async def start(self) -> None:
        """Import torch and load the model. Raises `BadInput`."""
        await self.load_weights(self._model)
        self._queue: BatchQueue[LaidOut, Chances | QuestionFailed] = BatchQueue(
            lambda texts: self._running.judged(texts),
            self._config.batch_tokens,
            self._config.batch_rows,
            _WAITING * self._config.batch_rows,
        )

    async def load_weights(self, path: str) -> None:
        """Take the scorer in another folder; the present one stays where that is none. Raises `BadInput`."""
        scorer = await asyncio.to_thread(Scorer, path, self._config)
        self.revision = await asyncio.to_thread(model_revision, scorer.folder)
        self._scorer = scorer
        self.max_model_len = scorer.max_model_len
        self.name = f"scorer ({scorer.layout})"

    async def score(self, requests: Sequence[ScoreRequest]) -> list[Scores | QuestionFailed]:
        """Return the scores of each request, or why it alone has none, such as `PromptTooLong`. Raises `EngineDied`."""
        return list(await asyncio.gather(*map(self._score, requests)))

    async def health(self) -> None:
        """Return when a model is loaded; raises `EngineDied`."""
        if self._scorer is None:
            raise EngineDied(f"no scorer is running with model {self._model}")

    async def stats(self) -> dict[str, float]:
        """Return the seconds without a finished batch, while there is something to do."""
        return {"last_step_s": self._queue.idle_s()} if self._scorer is not None else {}

    async def close(self) -> None:
        """Free the model. Safe to call twice."""
        if self._scorer is not None:
            self._queue.close()
        self._tokenise.shutdown(wait=False, cancel_futures=True)
        self._scorer = None

    @property
    def _running(self) -> Scorer:
        """Scorer that is loaded."""
        assert self._scorer is not None, "the engine was not started"
        return self._scorer

    async def _score(self, request: ScoreRequest) -> Scores | QuestionFailed:
        """Return the scores of one solution, whose texts may be judged in several batches."""
        rows = await self._layouts((request.prompt, request.steps))
        if isinstance(rows, QuestionFailed):
            return rows
        judged = await asyncio.gather(*(self._queue.judged(row, len(row.ids)) for row in rows))
        return self._running.combined(rows, judged)

    async def _laid_out(self, solutions: list[Solution]) -> Sequence[Rows | QuestionFailed]:
        """Return what the model reads of each solution, in the tokenizer's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._tokenise, self._running.rows, solutions)
