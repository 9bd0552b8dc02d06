"""Generator: the actor that owns one engine.

    ray.remote(Generator).options(**generator_options(kind, config)).remote(...)

Invariants:
* An engine that died or hangs takes its actor with it: `os._exit(1)`, so that Ray (`max_restarts=-1`) starts both
  anew. Calls in flight then fail at the caller, whose business it is to retry, a bounded number of times: a request
  that kills the engine would otherwise kill it for ever.
* A failed start is not kept: whoever asks next has it tried again.
* No engine process outlives its actor. That relies on `engine_process.py` alone: its children are killed on `close()`,
  on a failed start and before the actor exits by itself; after a SIGKILL of the actor, the guard kills them within a
  second.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from actors import json_log
from actors.contracts.engines import ENGINES
from actors.engine_calls.desk import Desk
from actors.engine_calls.mailbox import OpenJob
from actors.engine_calls.occupancy import Occupancy
from actors.engine_calls.startup import Startup
from actors.engine_calls.wire import Answer, NotStarted, Request, Terms, sent_from
from actors.engine_runtime.engine_process import EngineDied, kill_children
from actors.engine_runtime.generator_figures import GeneratorFigures
from actors.engine_runtime.keys import Keys
from actors.engine_runtime.launch import generator_arguments, generator_options
from actors.engine_runtime.weights import Weights
from actors.engine_start.followers import Followers
from actors.metering import RayMeter
from actors.models.model_store import at_hand
from factory.config import fill
from factory.errors import FactoryError, QuestionFailed, WeightsRefused
from factory.interfaces import Engine
from factory.storage.access import Access
from factory.types import Completion, GenerateRequest, ScoreRequest, Scores

__all__ = ["Generator", "generator_arguments", "generator_options"]

logger = logging.getLogger(__name__)

LOAD_S = 3600.0
"""Seconds after which an engine that takes other weights counts as one that hangs."""


class Generator:
    """Actor around one engine. Every method is async and may be called any number of times at once.

    Workers use `submit` and `collect` (`actors/engine_calls/link.py`), so that each answer goes back by itself;
    `generate` and `score` are for those who want the answers together.

    Args:
      engine_kind: plug-in of `actors/engines/`.
      engine_config: its settings.
      model: name, folder, URL or Hub id of the model it starts with.
      access: credentials for models in an object store.
      keys: values of the environment variables that the engine's settings name, as the driver has them.
    """

    def __init__(
        self,
        engine_kind: str,
        engine_config: dict[str, Any],
        model: str,
        access: Access | None = None,
        keys: Keys | None = None,
    ) -> None:
        json_log.begin()
        (keys or Keys()).put_into_environment()
        engine = ENGINES.load(engine_kind)
        self._access = access or Access()
        self._make = partial(engine.made, fill(engine.Config, engine_config, "engine"))
        self._fetch = lambda: engine.fetch(at_hand(model, self._access))
        self._engine: Engine | None = None
        self._model = model
        self._weights = Weights(self._load)
        self._startup = Startup(self._start)
        self._followers = Followers((engine_kind, engine_config, model, self._access, keys), _exit)
        self._occupancy = Occupancy(self._slots, lambda: getattr(self._engine, "free_seqs", None))
        observe = partial(RayMeter().observe, "factory_request_seconds", kind=engine_kind)
        self._figures = GeneratorFigures(self._occupancy, observe)
        self._desk = Desk(self._compute, self._occupancy, self._last_step_s, _exit)

    @property
    def engine(self) -> Engine:
        """Engine, once somebody has asked for it."""
        assert self._engine is not None, "the engine was not started"
        return self._engine

    async def fetch(self) -> None:
        """Bring the model to the machines of all parts, so that `ready` need not. Raises `FactoryError`.

        It may take as long as a download, and is done at once where the model is there.
        """
        await asyncio.gather(asyncio.to_thread(self._fetch), asyncio.to_thread(self._followers.come_up))

    async def ready(self) -> dict[str, Any]:
        """Start the engine if nobody did yet, and return what runs. Raises `BadInput` when the model cannot be had.

        `weights` is the folder of those it answers with; None means the model as it was named, where a restarted actor
        is back until the next call that wants others. `model` is what a stand-in calls itself, None of a model.
        `nodes` are the ids of its Ray nodes, its own first and then those of its further parts.
        """
        await self._startup.done()
        try:
            await self.engine.health()
        except EngineDied as error:
            _exit(str(error))
        return {
            "engine": self.engine.name,
            "model": self.engine.model,
            "revision": self.engine.revision,
            "weights": self._weights.current,
            "max_model_len": self.engine.max_model_len,
            "max_num_seqs": self.engine.max_num_seqs,
            "max_num_batched_tokens": self.engine.max_num_batched_tokens,
            "remark": self.engine.remark,
            "pid": os.getpid(),
            "nodes": self._followers.places(),
        }

    async def submit(self, data: bytes) -> None:
        """Take what a client has `Sent`: its jobs, and which of them it no longer wants.

        Raises `NotStarted` when the engine does not start.
        """
        await self._up()
        sent = sent_from(data)
        self._desk.submit(sent.client, sent.terms, sent.jobs, sent.cancelled)

    async def collect(self, data: bytes) -> bytes:
        """Take what a client has `Sent`; return as `Collected` the answers that are there soon, or none after a while.

        Answers come again until they are acknowledged, so that a reply that is lost loses nothing. Raises `NotStarted`
        as `submit` does, and a bug of the engine as it came.
        """
        await self._up()
        sent = sent_from(data)
        self._desk.submit(sent.client, sent.terms, sent.jobs, sent.cancelled)
        return (await self._desk.collect(sent.client, sent.acknowledged)).packed()

    async def forget(self, client: str) -> None:
        """Drop a client with all that it has asked for."""
        self._desk.forget(client)

    async def enter_ward(self, client: str) -> None:
        """Return once the client may try requests that may have killed an engine, as the only one who does."""
        await self._up()
        await self._desk.enter_ward(client)

    async def leave_ward(self, client: str) -> None:
        """Let the next client try its own."""
        self._desk.ward.leave(client)

    async def generate(
        self, requests: Sequence[GenerateRequest], weights: str | None = None
    ) -> list[list[Completion] | QuestionFailed]:
        """Return one entry per request, in order: its completions, or why this request alone failed.

        Every one of them is made with the weights in the folder `weights`; None is the model as it was named.
        """
        return await self._answers(requests, Terms(weights=weights))

    async def score(self, requests: Sequence[ScoreRequest]) -> list[Scores | QuestionFailed]:
        """Return one entry per request, in order: its scores, or why this request alone failed."""
        return await self._answers(requests, Terms())

    async def _answers(self, requests: Sequence[Request], terms: Terms) -> list[Any]:
        """Return the answers to requests; raise one that is about more than its request."""
        await self.ready()
        answers = await asyncio.gather(*(self._desk.answer(request, terms) for request in requests))
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, QuestionFailed):
                raise answer
        return answers

    async def _up(self) -> None:
        """Return once the engine has started. Raises `NotStarted`."""
        try:
            await self.ready()
        except FactoryError as error:
            raise NotStarted(str(error)) from None

    async def _compute(self, job: OpenJob) -> Answer:
        """Return the answer of a job: one entry of what the engine gives."""
        request = job.request
        try:
            async with self._weights.using(job.terms.weights):
                self._desk.taken(job)
                self._occupancy.enter(job.taken, request.n)
                try:
                    (result,) = await self._asked(request)
                finally:
                    now = time.monotonic()
                    self._occupancy.leave(now, request.n)
        except EngineDied as error:
            _exit(str(error))
            raise
        self._figures.count(result, now - job.taken)
        return result

    async def _asked(self, request: Request) -> Sequence[list[Completion] | Scores | QuestionFailed]:
        """Return what the engine answers to one request, text or scores."""
        if isinstance(request, ScoreRequest):
            return await self.engine.score([request])
        return await self.engine.generate([request])

    def _slots(self) -> int:
        """Return how many samples the engine computes at a time, just now; 0 where it does not say."""
        return (self._engine.max_num_seqs or 0) if self._engine is not None else 0

    async def _last_step_s(self) -> float | None:
        """Return how long ago the engine made a step; None where it does not say."""
        return (await self.engine.stats()).get("last_step_s")

    async def stats(self) -> dict[str, float]:
        """Return totals since the actor (re)started (requests, completions, tokens, seconds) and what it does now.

        Always: `slots`, samples that the engine computes at a time (0: unknown, or any number); `running` and
        `waiting`, samples; `slot_seconds`, seconds that slots were busy, added up; `in_flight`, requests; `pace`,
        seconds of a slot for a token, of late; `cache_hit_rate`, of the prompts' tokens where there were some. What the
        engine says of itself (`Engine.stats`) is beside them, and counts where it knows better.
        """
        engine = await self._engine.stats() if self._engine is not None else {}
        now, desk = time.monotonic(), self._desk
        return self._figures.stats(now, queued=desk.queued, in_flight=desk.open_jobs, engine=engine)

    async def load_weights(self, weights: str | None) -> dict[str, Any]:
        """Swap in other weights of the same architecture once nobody uses the present ones, and return what runs then.

        Not needed before `generate`, which loads what it is asked for; but it shows now whether they can be had. Raises
        `WeightsRefused` when the engine cannot take them, after which a new one may.
        """
        await self.ready()
        async with self._weights.using(weights):
            return await self.ready()

    async def _load(self, weights: str | None) -> None:
        """Put weights into the engine; None is the model as it was named. Raises `WeightsRefused`."""
        folder = self._model if weights is None else weights
        limit = asyncio.timeout(LOAD_S)
        try:
            async with limit:
                await asyncio.to_thread(self._followers.fetch, folder)
                await self.engine.load_weights(await asyncio.to_thread(at_hand, folder, self._access))
        except EngineDied as error:
            _exit(str(error))
        except FactoryError:
            raise
        except Exception as error:
            if limit.expired():
                _exit(f"it did not take the weights in {folder} within {LOAD_S:.0f} s")
            # Every engine refuses in its own way.
            raise WeightsRefused(
                f"the running {self.engine.name} cannot take the weights in {folder}: {type(error).__name__}: "
                f"{str(error)[:300]}"
            ) from None

    async def close(self) -> None:
        """End the engine and its processes. Safe to call twice."""
        # First, so that the end of a follower is no loss.
        self._followers.end()
        if self._engine is not None:
            await self._engine.close()
        kill_children()

    async def _start(self) -> None:
        """Make and start the engine; a failed start leaves no process behind. Raises `FactoryError`."""
        try:
            self._engine = self._make(await asyncio.to_thread(at_hand, self._model, self._access))
            async with self._followers.beside(self._engine):
                await self.engine.start()
        except FactoryError:
            kill_children()
            raise
        except EngineDied as error:
            # Starting again would end the same way; the cause is worth more.
            kill_children()
            raise FactoryError(f"the engine did not start: {error}") from None


def _exit(reason: str) -> None:
    """End the actor so that Ray restarts it."""
    # Not `ray.actor.exit_actor`: that counts as wanted, and Ray would not restart the actor.
    logger.error("engine died or hangs, the actor exits to be restarted: %s", reason)
    kill_children()
    os._exit(1)
