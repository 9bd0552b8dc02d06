"""Outbox of a worker for one engine: requests that wait to be sent, and those that were sent. Pure but for futures."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from actors.engine_calls.suspects import Trial
from actors.engine_calls.wire import Job

LEAST_WINDOW = 1024
"""Samples that a worker may have at an engine, whatever its slots; more wait at the worker."""
WAVES = 4
"""Samples that it may have there, as a multiple of the slots."""
MOST_JOBS = 512
"""Requests of one call."""


@dataclass(slots=True, eq=False)
class Ask:
    """Request that waits for its answer; `sent` is when it left, in seconds, 0 before."""

    trial: Trial
    answer: asyncio.Future[Any]
    sent: float = 0.0


class Outbox:
    """Requests without an answer, by number.

    * `samples`: samples of all of them.
    * `questions`: number of requests by question.
    """

    def __init__(self) -> None:
        self._numbers = 0
        self._unsent: dict[int, Ask] = {}
        self._sent: dict[int, Ask] = {}
        self._sent_samples = 0
        self._cancelled: list[int] = []
        self._repeat = False
        self.samples = 0
        self.questions: Counter[str] = Counter()

    @property
    def anything_sent(self) -> bool:
        """True while the engine has something to do for this worker."""
        return bool(self._sent)

    @property
    def anything_to_send(self) -> bool:
        """True while something waits to be sent, or to be called back."""
        return bool(self._unsent or self._cancelled)

    def add(self, trial: Trial) -> tuple[int, Ask]:
        """Put a request in, and return its number and the place of its answer."""
        self._numbers += 1
        ask = self._unsent[self._numbers] = Ask(trial, asyncio.get_running_loop().create_future())
        self.samples += trial.request.n
        self.questions[trial.request.question_id] += 1
        return self._numbers, ask

    def take_out(self, number: int) -> Ask | None:
        """Return a request that waits no more; None for one that is out already."""
        ask = self._sent.pop(number, None)
        if ask is not None:
            self._sent_samples -= ask.trial.request.n
        else:
            ask = self._unsent.pop(number, None)
        if ask is not None:
            self._count_out(ask)
        return ask

    def call_back(self, number: int) -> None:
        """Take out a request that nobody waits for; the engine hears of it with the next call."""
        if number in self._sent:
            self._cancelled.append(number)
        self.take_out(number)

    def repeat(self) -> None:
        """Send everything again with the next call: the last one may not have arrived."""
        self._repeat = True

    def drawn(self, now: float, slots: int) -> tuple[list[Job], list[int]]:
        """Return requests to send, as far as there is room at the engine, and numbers to call back.

        They count as sent. `now` is in seconds, `slots` those of the engine, 0 for unknown.
        """
        jobs = [(number, ask.trial.request) for number, ask in self._sent.items()] if self._repeat else []
        self._repeat = False
        window = max(LEAST_WINDOW, WAVES * slots)
        while self._unsent and self._sent_samples < window and len(jobs) < MOST_JOBS:
            number = next(iter(self._unsent))
            ask = self._sent[number] = self._unsent.pop(number)
            ask.sent = now
            ask.trial.attempts += 1
            self._sent_samples += ask.trial.request.n
            jobs.append((number, ask.trial.request))
        cancelled, self._cancelled = self._cancelled, []
        return jobs, cancelled

    def settle(self, number: int, answer: Any) -> None:
        """Hand an answer, or an error, to who asked; to nobody where nobody waits for it any more."""
        ask = self.take_out(number)
        if ask is None or ask.answer.done():
            return
        if isinstance(answer, Exception):
            ask.answer.set_exception(answer)
        else:
            ask.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        """Raise an error to all who asked."""
        for number in [*self._sent, *self._unsent]:
            self.settle(number, error)
        self._cancelled.clear()

    def withdrawn(self) -> list[Ask]:
        """Take out what was not sent yet, and return those that still wait."""
        return self._taken_out(self._unsent)

    def emptied(self) -> tuple[list[Ask], list[Ask]]:
        """Take everything out, and return what was sent and what was not, of those that still wait."""
        sent, unsent = self._taken_out(self._sent), self._taken_out(self._unsent)
        self._cancelled.clear()
        return sent, unsent

    def _taken_out(self, asks: dict[int, Ask]) -> list[Ask]:
        """Take these out, and return those that still wait."""
        waiting = [ask for ask in asks.values() if not ask.answer.done()]
        for number in list(asks):
            self.take_out(number)
        return waiting

    def _count_out(self, ask: Ask) -> None:
        """Count a request that is over; a question without any is no longer under way here."""
        question_id = ask.trial.request.question_id
        self.samples -= ask.trial.request.n
        self.questions[question_id] -= 1
        if not self.questions[question_id]:
            del self.questions[question_id]
