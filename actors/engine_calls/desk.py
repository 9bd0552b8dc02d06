"""Desk of an engine: takes jobs from clients, hands the engine what it can hold, keeps answers until they are fetched.

Invariants:
* Jobs are admitted in the order in which they came, and the engine gets about as many samples as run in it, and a few
  that wait, so that it never starves.
* The clock of a job begins when the engine takes it.
* A job is computed once, however often it is submitted; its answer is kept until the client acknowledges it, or is
  gone.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from actors.engine_calls.mailbox import FORGET_S, Mailbox, OpenJob, Parcel
from actors.engine_calls.occupancy import Occupancy
from actors.engine_calls.vitals import Vitals
from actors.engine_calls.ward import Ward
from actors.engine_calls.wire import Answer, Collected, Figures, Job, Request, Terms, TookTooLong
from factory.errors import FactoryError
from factory.rollouts.patience import seconds_allowed, waves

logger = logging.getLogger(__name__)

ANY_NUMBER = 16_384
"""Samples at most in an engine that does not say how many it computes at a time."""
SWEEP_S = 1.0
"""Seconds between two looks at what takes too long."""
GATHER_SHARE, MOST_GATHER_S = 0.02, 0.02
"""Time that an answer waits for others to go with it: a share of what a sample takes of late, up to so many seconds.

A call costs 2 ms of CPU, whatever it carries, and 256 samples of 2 s each end 8 ms apart.
"""
STATS_S = 10.0
"""Seconds in which an engine has to say when it made its last step; else it counts as one that does not say."""


def weight(samples: int) -> float:
    """Return how many slots a request takes, on the average over the time that the engine has it.

    It is there until its longest sample is done, and the others free their slots before. Of eight log-normal times with
    spread .5, the longest is 1.8 times the mean, of 64 it is 3. A number too small costs nothing: what has no slot yet
    waits in the engine instead of here.
    """
    return samples / (1 + 0.5 * math.log(samples)) if samples > 1 else samples


class Desk:
    """Queue in front of one engine.

    Args:
      compute: computes a job; it calls `taken(job)` when the engine takes it.
      occupancy: counts of what the engine holds.
      last_step_s: says how long ago the engine made a step; None where it does not know.
      give_up: ends the actor of an engine that hangs; gets how one can tell.
    """

    def __init__(
        self,
        compute: Callable[[OpenJob], Awaitable[Answer]],
        occupancy: Occupancy,
        last_step_s: Callable[[], Awaitable[float | None]],
        give_up: Callable[[str], None],
    ) -> None:
        self._compute = compute
        self._occupancy = occupancy
        self._last_step_s = last_step_s
        self._give_up = give_up
        self._life = uuid.uuid4().hex
        self._boxes: dict[str, Mailbox] = {}
        self._made = 0
        self._queue: OrderedDict[OpenJob, None] = OrderedDict()
        self.queued = 0
        self._admitted: set[OpenJob] = set()
        # Jobs that the engine has, by the bound on their tokens.
        self._bounds: Counter[int] = Counter()
        self._held = 0
        self._weight = 0.0
        self._bug: Exception | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self.vitals = Vitals()
        self.ward = Ward()

    @property
    def open_jobs(self) -> int:
        """Jobs that wait or are computed."""
        return len(self._queue) + len(self._admitted)

    def submit(self, client: str, terms: Terms, jobs: Sequence[Job], cancelled: Sequence[int]) -> None:
        """Take jobs of a client, and drop some that it no longer wants."""
        box = self._box(client)
        for number, request in jobs:
            if not box.knows(number):
                job = box.open[number] = OpenJob(request, terms, Parcel(box, number))
                box.samples += request.n
                self._enqueue(job)
        for number in cancelled:
            self._drop(box.take_out(number))
            box.acknowledge([number])
        self._admit()

    async def collect(self, client: str, acknowledged: Sequence[int]) -> Collected:
        """Return what is done of a client's jobs, as soon as something is. Raises a bug of the engine as it came."""
        box = self._box(client)
        box.acknowledge(acknowledged)
        answers = await box.collect(min(MOST_GATHER_S, GATHER_SHARE * self._occupancy.sample_s))
        box.seen = time.monotonic()
        if self._bug is not None:
            raise self._bug
        figures = Figures(
            slots=self._occupancy.slots,
            free=self._occupancy.free,
            others=self._held + self.queued - box.samples,
            clients=max(1, sum(1 for one in self._boxes.values() if one.open or one is box)),
            pace=self._occupancy.pace,
            warded=self.ward.taken,
        )
        return Collected(life=self._life, box=box.number, answers=answers, figures=figures)

    async def answer(self, request: Request, terms: Terms) -> Answer:
        """Return the answer of one request of a caller in this process. Raises a bug of the engine as it came."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        job = OpenJob(request, terms, future)
        self._enqueue(job)
        self._admit()
        try:
            return await future
        except asyncio.CancelledError:
            self._drop(job)
            raise

    def taken(self, job: OpenJob) -> None:
        """Start the clock of a job: the engine takes it now."""
        job.taken = time.monotonic()
        # It may have to wait for the longest that is there.
        job.tokens = max(self._bounds)
        job.waves = waves(job.request.n, self._occupancy.held, self._occupancy.slots)
        self._watch()

    async def enter_ward(self, client: str) -> None:
        """Return once a client has the ward, which it has until it leaves, or is forgotten."""
        await self.ward.enter(client)
        # It may be gone by now. Who has a mailbox is looked after.
        self._box(client)

    def forget(self, client: str) -> None:
        """Drop a client with all it has asked for."""
        self.ward.leave(client)
        box = self._boxes.pop(client, None)
        if box is not None:
            for number in list(box.open):
                self._drop(box.take_out(number))

    def _box(self, client: str) -> Mailbox:
        """Return a client's mailbox, a new one for a client that is not known."""
        box = self._boxes.get(client)
        if box is None:
            self._made += 1
            box = self._boxes[client] = Mailbox(self._made, time.monotonic())
            self._watch()
        box.seen = time.monotonic()
        return box

    def _enqueue(self, job: OpenJob) -> None:
        self._queue[job] = None
        self.queued += job.request.n

    def _drop(self, job: OpenJob | None) -> None:
        """Stop computing a job that nobody wants."""
        if job is None:
            return
        if job.task is not None:
            job.task.cancel()
        elif job in self._queue:
            del self._queue[job]
            self.queued -= job.request.n

    def _admit(self) -> None:
        """Hand the engine the next jobs, as far as it can hold them."""
        slots = self._occupancy.slots
        limit = slots + max(1, slots // 8) if slots else ANY_NUMBER
        # The last one may have more samples than there is room, which an engine of one slot could never take otherwise.
        while self._queue and self._weight < limit:
            job, _ = self._queue.popitem(last=False)
            self.queued -= job.request.n
            self._held += job.request.n
            self._weight += weight(job.request.n)
            self._admitted.add(job)
            self._bounds[job.request.sampling.max_tokens] += 1
            job.task = asyncio.ensure_future(self._run(job))
            # Not at the end of the task itself: one that is cancelled before its first step has no end.
            job.task.add_done_callback(partial(self._left, job))

    async def _run(self, job: OpenJob) -> None:
        """Compute an admitted job and deliver its answer."""
        answer: Answer | None = None
        try:
            answer = await self._compute(job)
            if job.taken:
                self.vitals.answered()
        except FactoryError as error:
            answer = error
        except asyncio.CancelledError:
            # Either nobody wants it, or it took too long.
            if job.late:
                answer = TookTooLong(f"the engine had it for {time.monotonic() - job.taken:.0f} s")
        except Exception as error:
            self._fail(job, error)
        if answer is not None and not job.deliver.done():
            job.deliver.set_result(answer)

    def _left(self, job: OpenJob, task: asyncio.Task[None]) -> None:
        """Note that the engine has a job no more: others have room."""
        self._admitted.discard(job)
        self._held -= job.request.n
        self._weight -= weight(job.request.n)
        self._bounds[job.request.sampling.max_tokens] -= 1
        self._bounds += Counter()
        self._admit()

    def _fail(self, job: OpenJob, error: Exception) -> None:
        """Tell everybody about a bug, which is no answer and ends the run."""
        if isinstance(job.deliver, Parcel):
            self._bug = error
            for box in self._boxes.values():
                box.wake()
        elif not job.deliver.done():
            job.deliver.set_exception(error)

    def _watch(self) -> None:
        """Look at what takes too long from now on, while there is anything."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.ensure_future(self._sweep())

    async def _sweep(self) -> None:
        """Cancel jobs that take too long, forget clients that are gone, give up an engine that hangs."""
        while self._boxes or self._admitted:
            await asyncio.sleep(SWEEP_S)
            now = time.monotonic()
            for client in [client for client, box in self._boxes.items() if now - box.seen > FORGET_S]:
                logger.warning("a client was not heard of for %.0f s: its requests are dropped", FORGET_S)
                self.forget(client)
            self.ward.expire(now)
            # The engine may have more room than when it was last asked for some.
            self._admit()
            running = [job for job in self._admitted if job.taken]
            late = [job for job in running if now - job.taken > self._allowed_s(job)]
            for job in late:
                job.late = True
                self.vitals.late(job.request.question_id, job.request.seed)
            if running and (reason := self.vitals.hangs(await self._step_s())):
                self._give_up(reason)
            for job in late:
                if job.task is not None:
                    job.task.cancel()

    def _allowed_s(self, job: OpenJob) -> float:
        """Return the seconds that the engine may have a job, at the pace that it has now."""
        return seconds_allowed(job.terms.request_s, job.tokens, job.waves, self._occupancy.pace)

    async def _step_s(self) -> float | None:
        """Return how long ago the engine made a step; None where it does not say, or not in time."""
        try:
            async with asyncio.timeout(STATS_S):
                return await self._last_step_s()
        except Exception as error:
            # The watch over the others has to go on.
            logger.warning("the engine does not say when it made a step: %s: %s", type(error).__name__, error)
            return None
