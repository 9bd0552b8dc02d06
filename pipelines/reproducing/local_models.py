"""Models and checker of a run in this process, without Ray: one engine per role, each request by itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Any, TypeVar

from actors.checking.pool import CheckerPool
from actors.engine_runtime.engine_process import EngineDied
from actors.engine_runtime.launch import environment_of
from actors.models.model_store import at_hand
from factory.errors import EngineFailed, FactoryError, QuestionFailed
from factory.interfaces import Engine, Models, Say
from factory.types import POLICY, Completion, GenerateRequest, Question, ScoreRequest, Scores, Verdict
from pipelines.pools.launch import named
from pipelines.pools.pool import Pool, named_pool
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import Settings

T = TypeVar("T")
Facts = Mapping[str, Mapping[str, Any]]
"""Facts that the engine of each role says of itself: "engine", "model" and "revision"."""


class LocalModels(Models):
    """`factory.interfaces.Models` over engines and a pool of checkers in this process.

    Args:
      engines: engine of each role, started.
      checkers: pool that checks answers.
      limit_s: seconds that a request may take.
    """

    def __init__(self, engines: Mapping[str, Engine], checkers: CheckerPool, limit_s: float) -> None:
        self._engines, self._checkers, self._limit_s = engines, checkers, limit_s

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Answer as `Models.generate`."""
        return await self._answer(self._engine(role).generate([request]))

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Answer as `Models.score`."""
        request = ScoreRequest(question_id=question.id, prompt=question.text, steps=tuple(steps))
        return await self._answer(self._engine(role).score([request]))

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the verdict on a whole solution text. Raises `CheckerFailed`."""
        [future] = self._checkers.submit([(question, text)])
        return await asyncio.wrap_future(future)

    async def _answer(self, asked: Awaitable[Sequence[T | QuestionFailed]]) -> T:
        """Return what an engine answers to its one request; raise why it failed."""
        try:
            async with asyncio.timeout(self._limit_s):
                [answer] = await asked
        except TimeoutError:
            raise EngineFailed(f"no answer within {self._limit_s:.0f} s (cluster.request_timeout_s)") from None
        except EngineDied as error:
            raise FactoryError(f"the engine has died: {error}") from None
        if isinstance(answer, QuestionFailed):
            raise answer
        return answer

    def _engine(self, role: str) -> Engine:
        if role not in self._engines:
            raise EngineFailed(f"nobody fills the role {role!r}; expected one of {', '.join(self._engines)}")
        return self._engines[role]


@asynccontextmanager
async def local_models(
    settings: Settings, weights: str | None = None, say: Say = lambda line: None
) -> AsyncIterator[tuple[LocalModels, Facts]]:
    """Start the engines of a run in this process, and end them with the block.

    Args:
      settings: the run's settings.
      weights: folder of the weights that the policy answers with; None for its engine's own model.
      say: hears what takes time.

    Yields:
      The models, and what their engines say of themselves.

    Raises:
      BadInput: a model cannot be had, or an engine not be started on this machine.
    """
    async with AsyncExitStack() as life:
        engines: dict[str, Engine] = {}
        for role, pool in asked_pools(settings).items():
            say(f"starting the {pool.engine.name} engine of the {role}, model {pool.model}, in this process")
            with named_pool(role):
                engines[role] = await _started(pool, settings, life)
        if weights is not None:
            await engines[POLICY].load_weights(weights)
        checkers = CheckerPool(settings.checker.name, asdict(settings.checker.config), workers=1)
        life.push_async_callback(asyncio.to_thread, checkers.close)
        facts = {
            role: {"engine": engine.name, "model": engine.model, "revision": engine.revision}
            for role, engine in engines.items()
        }
        yield LocalModels(engines, checkers, settings.cluster.request_timeout_s), facts


async def _started(pool: Pool, settings: Settings, life: AsyncExitStack) -> Engine:
    """Start an engine, which is closed when `life` ends."""
    plugin = pool.engine.plugin
    plugin.check_model(pool.model)
    plugin.check_settings(pool.model, pool.engine.config)
    # Before anything heavy is imported, as an actor has it.
    os.environ.update(environment_of(pool.engine.name, pool.engine_config))
    model = await asyncio.to_thread(at_hand, named(pool.model), settings.storage)
    await asyncio.to_thread(plugin.fetch, model)
    engine = plugin.made(pool.engine.config, model)
    life.push_async_callback(engine.close)
    try:
        await engine.start()
    except EngineDied as error:
        raise FactoryError(f"the engine did not start: {error}") from None
    return engine
