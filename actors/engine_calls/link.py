"""Link from a worker to one engine: requests leave in micro-batches, each answer comes back by itself.

What is asked within one turn of the event loop leaves as one `submit`; one `collect` at a time is open while anything
is asked for. A link that notices that its engine is gone gives all requests back at once (`Lost`, `Moved`), and is
closed until the engine answers again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.engine_calls.calls import GONE, CallPatience, brief, within
from actors.engine_calls.revival import Revival
from actors.engine_calls.suspects import Trial
from actors.engine_calls.wire import Collected, Figures, Job, NotStarted, Terms
from factory.types import Completion

logger = logging.getLogger(__name__)

BLOCKED_S = 90.0
"""Seconds without any reply after which an actor counts as one that hangs; a healthy one replies every few seconds."""
LEAST_WINDOW = 1024
"""Samples that a worker may have at an engine, whatever its slots; more wait at the worker."""
WAVES = 4
"""Samples that it may have there, as a multiple of the slots."""
MOST_JOBS = 512
"""Requests of one call."""


class Lost(Exception):
    """Request that an engine had when it was lost. `cause` is how that was noticed."""


class Moved(Exception):
    """Request that its engine never had: it goes to another one."""


@dataclass(slots=True, eq=False)
class _Ask:
    """Request of this worker that waits for its answer; `sent` is when it left, 0 before."""

    trial: Trial
    answer: asyncio.Future[Sequence[Completion]]
    sent: float = 0.0


class Link:
    """Way to one engine and back.

    Args:
      actor: handle of the engine's actor (`actors/generator.py`).
      name: what messages call it.
      terms: terms of all requests.
      patience: time-outs.
      lost: hears, when the engine is lost, what it had and what it should have had, and whether it died.
      changed: hears when the link is closed, opens again, or is taken out.
      others: says whether another engine can take over.
    """

    def __init__(
        self,
        actor: Any,
        name: str,
        terms: Terms,
        patience: CallPatience,
        *,
        lost: Callable[[Link, list[Trial], list[Trial], bool], None],
        changed: Callable[[], None],
        others: Callable[[Link], bool],
    ) -> None:
        self._actor, self._terms, self._patience = actor, terms, patience
        self._on_lost, self._changed, self._others = lost, changed, others
        self.revival = Revival(actor, name, patience, changed)
        self.figures = Figures()
        self.samples = 0
        self.died_at = 0.0
        self.questions: Counter[str] = Counter()
        self._begin_anew()
        self._numbers = 0
        self._unsent: dict[int, _Ask] = {}
        self._sent: dict[int, _Ask] = {}
        self._sent_samples = 0
        self._scheduled = False
        self._ward = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    def _begin_anew(self) -> None:
        """Forget what the engine knows of this worker: to it, this is another client from now on."""
        self._client = uuid.uuid4().hex
        self._known_as: tuple[str, int] | None = None
        self._cancelled: list[int] = []
        self._acknowledged: set[int] = set()
        self._collecting = False
        self._silent = 0.0

    @property
    def open(self) -> bool:
        """True while requests may be sent."""
        return self.revival.up

    @property
    def load(self) -> int:
        """Samples that run or wait there, as far as this worker knows."""
        return self.samples + self.figures.others

    async def ask(self, trial: Trial) -> Sequence[Completion]:
        """Return the completions of a request.

        Raises what the engine has to say about the request, `Lost`, or `Moved`.
        """
        if not self.open:
            raise Moved
        loop = asyncio.get_running_loop()
        self._numbers += 1
        number, ask = self._numbers, _Ask(trial, loop.create_future())
        self._unsent[number] = ask
        self.samples += trial.request.n
        self.questions[trial.request.question_id] += 1
        self._schedule()
        try:
            return await ask.answer
        except asyncio.CancelledError:
            if number in self._sent:
                self._cancelled.append(number)
                self._schedule()
            raise
        finally:
            self._take_out(number)
            self.samples -= trial.request.n
            self._count_out(trial.request.question_id)

    @contextlib.asynccontextmanager
    async def ward(self) -> AsyncIterator[None]:
        """Have the engine's ward for the block: no other suspects are tried there. Raises as calls do."""
        async with self._ward:
            epoch, client = self._client, self._client
            try:
                await within(self._actor.enter_ward.remote(client), self._patience.restart_s)
            except (*GONE, NotStarted) as error:
                if not isinstance(error, TimeoutError):
                    self._lose(epoch, error, died=False)
                raise
            try:
                yield
            finally:
                self._actor.leave_ward.remote(client)

    def _count_out(self, question_id: str) -> None:
        """Count a question's request that is over; one without any is no longer under way here."""
        self.questions[question_id] -= 1
        if not self.questions[question_id]:
            del self.questions[question_id]

    def _take_out(self, number: int) -> _Ask | None:
        """Return a request that waits no more, and make room for the next."""
        ask = self._sent.pop(number, None)
        if ask is None:
            return self._unsent.pop(number, None)
        self._sent_samples -= ask.trial.request.n
        if self._unsent:
            self._schedule()
        return ask

    def _schedule(self) -> None:
        """Send what waits when this turn of the event loop is over."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Send what waits, as far as there is room for it."""
        self._scheduled = False
        if not self.open:
            return
        now = asyncio.get_running_loop().time()
        jobs: list[Job] = []
        window = max(LEAST_WINDOW, WAVES * self.figures.slots)
        while self._unsent and self._sent_samples < window and len(jobs) < MOST_JOBS:
            number = next(iter(self._unsent))
            ask = self._sent[number] = self._unsent.pop(number)
            ask.sent = now
            ask.trial.attempts += 1
            self._sent_samples += ask.trial.request.n
            jobs.append((number, ask.trial.request))
        if len(jobs) == MOST_JOBS:
            self._schedule()
        cancelled, self._cancelled = self._cancelled, []
        if jobs or cancelled:
            self._start(self._submit(jobs, cancelled))
        if self._sent and not self._collecting:
            self._collecting = True
            self._start(self._collect())

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _submit(self, jobs: list[Job], cancelled: list[int]) -> None:
        """Send requests to the engine; `collect` notices an engine that does not reply."""
        client = self._client
        try:
            await within(self._actor.submit.remote(client, self._terms, jobs, cancelled), self._patience.restart_s)
        except (*GONE, NotStarted) as error:
            self._lose(client, error, died=not isinstance(error, (TimeoutError, NotStarted)))
        except Exception as error:
            self._fail([number for number, _ in jobs], error)

    async def _collect(self) -> None:
        """Fetch answers while anything is asked for."""
        client = self._client
        while self._sent and client == self._client:
            acknowledged = list(self._acknowledged)
            try:
                collected = await within(self._actor.collect.remote(client, acknowledged), BLOCKED_S)
            except TimeoutError as error:
                # Nobody else could do better: what it has computed so far is worth waiting for.
                self._silent += BLOCKED_S
                if self._others(self) or self._silent >= self._patience.restart_s:
                    self._lose(client, error, died=False)
            except (*GONE, NotStarted) as error:
                self._lose(client, error, died=not isinstance(error, NotStarted))
            except Exception as error:
                # A bug, which ends the run.
                self._fail([*self._sent, *self._unsent], error)
            else:
                if client == self._client:
                    self._silent = 0.0
                    self._acknowledged.difference_update(acknowledged)
                    self._take(collected)
        if client == self._client:
            self._collecting = False

    def _take(self, collected: Collected) -> None:
        """Hand answers to those who asked."""
        known_as = (collected.life, collected.box)
        if self._known_as not in (None, known_as):
            died = self._known_as is not None and self._known_as[0] != collected.life
            self._lose(self._client, RuntimeError("the engine was restarted, or forgot this worker"), died=died)
            return
        self._known_as, self.figures = known_as, collected.figures
        for number, answer in collected.answers:
            self._acknowledged.add(number)
            self.revival.lives()
            ask = self._take_out(number)
            if ask is None or ask.answer.done():
                continue
            if isinstance(answer, Exception):
                ask.answer.set_exception(answer)
            else:
                ask.answer.set_result(answer)

    def _fail(self, numbers: list[int], error: Exception) -> None:
        """Raise an error to those who asked."""
        for number in numbers:
            ask = self._take_out(number)
            if ask is not None and not ask.answer.done():
                ask.answer.set_exception(error)

    def _lose(self, client: str, error: BaseException, *, died: bool) -> None:
        """Give back all requests and close the link until the engine answers again; once for each loss."""
        if client != self._client:
            return
        sent = [ask for ask in self._sent.values() if not ask.answer.done()]
        unsent = [ask for ask in self._unsent.values() if not ask.answer.done()]
        logger.warning("engine lost with %d requests in it: %s", len(sent), brief(error))
        self._sent.clear()
        self._unsent.clear()
        self._sent_samples = 0
        now = asyncio.get_running_loop().time()
        self._begin_anew()
        self.revival.begin(client, died=died and bool(sent))
        if died:
            self.died_at = now
            for ask in sent:
                ask.trial.deaths += 1
                ask.trial.survived_s = max(ask.trial.survived_s, now - ask.sent)
        # First the suspects are put in groups, then those who asked go on.
        self._on_lost(self, [ask.trial for ask in sent], [ask.trial for ask in unsent], died)
        for ask in sent:
            ask.trial.late += not died
            lost = Lost(brief(error))
            ask.answer.set_exception(lost)
        for ask in unsent:
            ask.answer.set_exception(Moved())
        self._changed()
