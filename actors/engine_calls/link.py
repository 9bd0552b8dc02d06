"""Link from a worker to one engine: requests leave in micro-batches, each answer comes back by itself.

One `collect` at a time is open while anything is asked for; it returns soon after something is done (`desk.py`). The
next one leaves when the questions that were answered have asked again, or some milliseconds later, so that a call
carries what came meanwhile in both directions. What is asked while one is open leaves by itself (`submit`). A call
costs about two milliseconds of CPU, whatever it carries.

A link that notices that its engine is gone gives all requests back at once (`Lost`, `Moved`), and is closed until the
engine answers again. One whose engine leaves (`announce`, `retire`) gives them back as if it had never had them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from actors.calls import GONE, CallPatience, brief, within
from actors.engine_calls import losses
from actors.engine_calls.losses import Moved
from actors.engine_calls.outbox import Ask, Outbox
from actors.engine_calls.pause import Pause
from actors.engine_calls.revival import Revival
from actors.engine_calls.suspects import Trial
from actors.engine_calls.wire import Collected, Figures, Job, NotStarted, Sent, Terms, collected_from
from actors.json_log import OF_NOBODY

logger = logging.getLogger(__name__)

BLOCKED_S = 90.0
"""Seconds without any reply after which an actor counts as one that hangs; a healthy one replies every few seconds."""
SUBMIT_S = 0.005
"""Seconds for which a request waits for others that may leave with it."""
STALE_S = 5.0
"""Seconds after which nobody knows any more what others have asked of an engine."""


class Link:
    """Way to one engine and back.

    * `leaving`: the engine gets nothing new, and goes on with what it has until it is ended. That is nobody's fault.
    * `retired`: it is gone for good.
    * `moved`: requests that it had when it left.

    Args:
      actor: handle of the engine's actor (`actors/generator.py`).
      name: what messages call it.
      terms: terms of all requests.
      patience: time-outs.
      lost: hears, when the engine is lost, what it had and what it should have had, and whether it died.
      changed: hears when the link is closed, opens again, or is taken out.
      others: says whether another engine can take over.
      tell: hears why the engine was taken out.
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
        tell: Callable[[str], None],
    ) -> None:
        self._actor, self._terms, self._patience = actor, terms, patience
        self._on_lost, self._changed, self._others = lost, changed, others
        self.revival = Revival(actor, name, patience, changed, tell)
        self.figures = Figures()
        self._heard = 0.0
        self.outbox = Outbox()
        self.died_at = 0.0
        self.leaving = self.retired = False
        self.moved = 0
        self._begin_anew()
        self._scheduled = False
        self._pause = Pause()
        self._ward = asyncio.Lock()
        self._entering: asyncio.Future[Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def _begin_anew(self) -> None:
        """Forget what the engine knows of this worker: to it, this is another client from now on."""
        self._client = uuid.uuid4().hex
        self._known_as: tuple[str, int] | None = None
        self._acknowledged: set[int] = set()
        self._collecting = self._polling = False
        self._silent = 0.0

    @property
    def open(self) -> bool:
        """True while new requests may be sent."""
        return self.revival.up and not self.leaving

    @property
    def load(self) -> int:
        """Samples that run or wait there, as far as this worker knows."""
        # Old news would keep it from ever asking again: an engine that is asked nothing says nothing.
        stale = asyncio.get_running_loop().time() - self._heard > STALE_S
        return self.outbox.samples + (0 if stale else self.figures.others)

    async def ask(self, trial: Trial) -> Any:
        """Return the completions of a request, or its scores.

        Raises what the engine has to say about the request, `Lost`, or `Moved`.
        """
        if not self.open:
            raise Moved
        number, ask = self.outbox.add(trial)
        self._pause.asked()
        self._schedule()
        try:
            return await ask.answer
        except asyncio.CancelledError:
            self.outbox.call_back(number)
            self._schedule()
            raise

    def announce(self, *, leaving: bool) -> None:
        """Note whether the engine is leaving, or stays after all. What it has not got yet goes elsewhere then."""
        self.leaving = leaving
        if leaving:
            self._give_back([], self.outbox.withdrawn())

    def retire(self) -> None:
        """Give back all requests, and ask the engine for nothing any more: it is gone, or will be in a moment."""
        sent, unsent = self.outbox.emptied()
        client = self._client
        self.leaving = self.retired = True
        self._begin_anew()
        self.revival.end()
        if self._entering is not None:
            self._entering.cancel()
        self._move(sent, unsent)
        # Should it live, it need not compute what is computed elsewhere.
        self._actor.forget.remote(client)

    @contextlib.asynccontextmanager
    async def ward(self) -> AsyncIterator[None]:
        """Have the engine's ward for the block: no other suspects are tried there.

        Raises as calls do, and `Moved` when the engine went before it was this worker's turn.
        """
        async with self._ward:
            if not self.open:
                raise Moved
            client = self._client
            self._entering = asyncio.ensure_future(
                within(self._actor.enter_ward.remote(client), self._patience.restart_s)
            )
            try:
                await self._entering
            except asyncio.CancelledError:
                if not self.retired:
                    raise
                raise Moved from None
            except (*GONE, NotStarted) as error:
                if not isinstance(error, TimeoutError):
                    self._lose(client, error, died=losses.is_death(error))
                raise
            try:
                yield
            finally:
                self._actor.leave_ward.remote(client)

    def _schedule(self) -> None:
        """Have what waits sent: by the next `collect`, or soon when one is open."""
        if not self.revival.up:
            return
        if not self._collecting:
            self._collecting = True
            self._start(self._collect())
        elif self._polling and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(SUBMIT_S, self._flush)

    def _flush(self) -> None:
        """Send what waits, if no `collect` has taken it along meanwhile."""
        self._scheduled = False
        if self.revival.up and self._collecting and self.outbox.anything_to_send:
            jobs, cancelled = self._drawn()
            if jobs or cancelled:
                self._start(self._submit(jobs, cancelled))
                self._send_rest()

    def _send_rest(self) -> None:
        """Have more sent soon where one call could not carry all."""
        if self.outbox.anything_to_send:
            self._schedule()

    def _drawn(self) -> tuple[list[Job], list[int]]:
        return self.outbox.drawn(asyncio.get_running_loop().time(), self.figures.slots)

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _submit(self, jobs: list[Job], cancelled: list[int]) -> None:
        """Send requests to the engine; `_collect` notices an engine that does not reply."""
        client = self._client
        try:
            sent = Sent(client, self._terms, jobs, cancelled)
            await within(self._actor.submit.remote(sent.packed()), self._patience.restart_s)
        except (*GONE, NotStarted) as error:
            self._lose(client, error, died=losses.is_death(error))
        except Exception as error:
            for number, _ in jobs:
                self.outbox.settle(number, error)

    async def _collect(self) -> None:
        """Send requests and fetch answers while anything is asked for."""
        client = self._client
        # What is asked in this turn of the event loop leaves together.
        await asyncio.sleep(0)
        while client == self._client and (self.outbox.anything_sent or self.outbox.anything_to_send):
            if not self.outbox.anything_sent:
                # What has become of the engine while it had nothing of ours does not matter.
                self._known_as = None
            acknowledged = list(self._acknowledged)
            jobs, cancelled = self._drawn()
            self._polling = True
            self._send_rest()
            try:
                sent = Sent(client, self._terms, jobs, cancelled, acknowledged)
                collected = collected_from(await within(self._actor.collect.remote(sent.packed()), BLOCKED_S))
            except TimeoutError as error:
                # Nobody else could do better: what it has computed so far is worth waiting for.
                self._silent += BLOCKED_S
                self.outbox.repeat()
                if self._others(self) or self._silent >= self._patience.restart_s:
                    self._lose(client, error, died=False)
            except (*GONE, NotStarted) as error:
                self._lose(client, error, died=losses.is_death(error))
            except Exception as error:
                # A bug, which ends the run.
                self.outbox.fail(error)
            else:
                if client == self._client:
                    self._polling = False
                    self._silent = 0.0
                    self._acknowledged.difference_update(acknowledged)
                    self._take(collected)
                    if collected.answers:
                        await self._pause.wait(len(collected.answers), busy=self.outbox.anything_sent)
        if client == self._client:
            self._collecting = self._polling = False

    def _take(self, collected: Collected) -> None:
        """Hand answers to those who asked."""
        known_as = (collected.life, collected.box)
        if self._known_as not in (None, known_as):
            died = self._known_as is not None and self._known_as[0] != collected.life
            self._lose(self._client, RuntimeError("the engine was restarted, or forgot this worker"), died=died)
            return
        self._known_as, self.figures = known_as, collected.figures
        self._heard = asyncio.get_running_loop().time()
        for number, answer in collected.answers:
            self._acknowledged.add(number)
            self.revival.lives()
            self.outbox.settle(number, answer)

    def _lose(self, client: str, error: BaseException, *, died: bool) -> None:
        """Give back all requests and close the link until the engine answers again; once for each loss."""
        if client != self._client:
            return
        sent, unsent = self.outbox.emptied()
        logger.warning("engine lost with %d requests in it: %s", len(sent), brief(error), extra=OF_NOBODY)
        died = died and not self.leaving
        self._begin_anew()
        self.revival.begin(client, died=died and bool(sent))
        if self.leaving:
            self._move(sent, unsent)
        elif isinstance(error, NotStarted):
            # It never had them.
            self._give_back([], [*losses.uncounted(sent), *unsent])
        else:
            now = asyncio.get_running_loop().time()
            losses.count(sent, now, died=died)
            self.died_at = now if died else self.died_at
            self._give_back(sent, unsent, brief(error), died=died)
        self._changed()

    def _move(self, sent: Sequence[Ask], unsent: Sequence[Ask]) -> None:
        """Give back what a leaving engine has, and what it should have had; neither counts as a try."""
        self.moved += len(sent)
        self._give_back([], [*losses.uncounted(sent), *unsent])

    def _give_back(self, sent: Sequence[Ask], unsent: Sequence[Ask], cause: str = "", *, died: bool = False) -> None:
        """Put the suspects in groups first, then have those who asked go on (`losses.tell`)."""
        self._on_lost(self, [ask.trial for ask in sent], [ask.trial for ask in unsent], died)
        losses.tell(sent, unsent, cause)
