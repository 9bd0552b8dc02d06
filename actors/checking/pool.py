"""Pool that checks answers without ever hanging: exact rules in this process, everything else in workers to be killed.

No Ray in here, no fork of this process, no signal handler: usable from sync code, from any thread, and inside async
actors. The workers come from a zygote subprocess (`actors/checking/zygote.py`), started when an item first needs one.

Invariants:
* Every item gets a verdict: an item that takes too long is a timeout, one that kills its worker an error.
* An item is not blamed for a worker that was killed from outside; it gets another one, `LIVES` times.
"""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

from actors.checking.zygote import receive_frame, send_frame
from actors.checking.zygote_client import ZygoteClient, ZygoteGone, ZygoteKilled
from factory.config import fill
from factory.contracts.checkers import CHECKERS
from factory.errors import BadInput, CheckerFailed
from factory.types import Outcome, PartVerdict, Question, Verdict

# Attempts to start a zygote.
_ATTEMPTS = 3
# Workers an item may lose by kills from outside: somebody else's doing, or the kernel's for want of memory.
LIVES = 5
# Exit statuses of such workers.
KILLED_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM)

CheckItem = tuple[Question, str]
Observer = Callable[[str, Mapping[str, int], Sequence[float], int], None]
"""Function that is told the stage ("fast", "slow"), its verdicts by outcome, its seconds, and its workers' deaths."""


@dataclass(slots=True)
class _Worker:
    """Worker process with the channel to it and the zygote that forked it."""

    pid: int
    channel: socket.socket
    zygote: ZygoteClient


class CheckerPool:
    """Checker plug-in behind killable processes; one pool per owner, shared by all its threads.

    Args:
      kind: module of `factory/checkers/` or a dotted path.
      config: merged into its `Config`.
      workers: processes that check at the same time.
      timeout_s: seconds for one item; None for the checker's own limit.
      observe: told of every stage's verdicts, times and deaths.

    Raises:
      BadInput: kind or config cannot be used on this machine.
    """

    def __init__(
        self,
        kind: str,
        config: dict[str, Any],
        *,
        workers: int = 2,
        timeout_s: float | None = None,
        observe: Observer = lambda stage, outcomes, seconds, deaths: None,
    ) -> None:
        self._checker = CHECKERS.load(kind)
        if self._checker.check is None:
            raise BadInput(
                f"checker {kind!r} asks a model, so it works inside a run only. Expected one with a `check`."
            )
        self._config: Any = fill(self._checker.Config, config, "checker")
        self._checker.require(self._config)
        self._kind = kind
        self._limits = self._checker.limits(self._config)
        if timeout_s is not None:
            self._limits = replace(self._limits, timeout_s=timeout_s)
        self._threads = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="checker")
        # Held while a zygote starts, which takes seconds.
        self._starting = threading.Lock()
        # Guards all below; never held while waiting for anything.
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._zygote: ZygoteClient | None = None
        self._closed = False
        self._observe = observe
        self._counts: Counter[str] = Counter()
        self._seconds = {"fast": 0.0, "slow": 0.0}
        self._slowest_s = 0.0

    def check(self, batch: Sequence[CheckItem]) -> list[Verdict]:
        """Return one verdict per item, in order. Raises `CheckerFailed` when no worker can be had at all."""
        return self.finish(batch, self.settle(batch))

    def settle(self, batch: Sequence[CheckItem]) -> list[Verdict | None]:
        """Return the verdicts that need no worker, None for the others. Never blocks."""
        started = time.perf_counter()
        verdicts = [self._settle(question, text) for question, text in batch]
        settled = [verdict.outcome for verdict in verdicts if verdict is not None]
        self._count("fast", settled, [time.perf_counter() - started])
        return verdicts

    def finish(self, batch: Sequence[CheckItem], settled: Sequence[Verdict | None]) -> list[Verdict]:
        """Fill in what `settle` left open. Blocks for at most about the time limit per open item and worker."""
        waiting = self.submit([item for item, verdict in zip(batch, settled, strict=True) if verdict is None])
        try:
            verdicts = iter([future.result() for future in waiting])
        except CancelledError as error:
            raise CheckerFailed("the checker pool was closed while items were waiting") from error
        return [next(verdicts) if verdict is None else verdict for verdict in settled]

    def submit(self, items: Sequence[CheckItem]) -> list[Future[Verdict]]:
        """Have workers check `items`; return one future for each.

        One that is cancelled before its turn costs nothing, and all that wait are cancelled by `close`. Raises
        `CheckerFailed` when the pool is closed.
        """
        try:
            return [self._threads.submit(self._check_slowly, *item) for item in items]
        except RuntimeError as error:
            raise CheckerFailed("the checker pool is closed") from error

    @property
    def stats(self) -> dict[str, float]:
        """Counts so far: verdicts by outcome and stage, worker deaths, seconds by stage, the slowest slow check."""
        with self._lock:
            names = [*Outcome, "settled_fast", "settled_slow", "worker_deaths"]
            seconds = {f"{stage}_seconds": round(total, 3) for stage, total in self._seconds.items()}
            counts = {str(name): self._counts[name] for name in names}
            return {**counts, **seconds, "slowest_s": round(self._slowest_s, 3)}

    def close(self) -> None:
        """End the zygote and all workers. Safe to call twice, and while other threads are checking."""
        with self._lock:
            self._closed = True
            zygote, self._zygote = self._zygote, None
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.channel.close()
        if zygote is not None:
            zygote.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _settle(self, question: Question, text: str) -> Verdict | None:
        """Return the verdict of the checker's own rules, None where they leave it open."""
        try:
            return self._checker.settle(question, text, self._config)
        except Exception as error:
            return Verdict(outcome=Outcome.ERROR, reason=f"{type(error).__name__} in the checker: {error}"[:500])

    def _check_slowly(self, question: Question, text: str) -> Verdict:
        """Check one item in one of the pool's threads, of which there are as many as workers."""
        started = time.perf_counter()
        verdict, deaths = self._ask_workers(question, text)
        self._count("slow", [verdict.outcome], [time.perf_counter() - started], deaths)
        return verdict

    def _ask_workers(self, question: Question, text: str) -> tuple[Verdict, int]:
        """Return the verdict, and how many workers died of it."""
        reason = ""
        deaths = 0
        for _ in range(LIVES):
            worker = self._take_worker()
            deadline = time.monotonic() + self._limits.timeout_s
            try:
                verdict, fit = _ask(worker.channel, question, text, deadline)
            except TimeoutError:
                self._discard(worker)
                slow = Verdict(outcome=Outcome.TIMEOUT, reason=f"no verdict within {self._limits.timeout_s:g} s")
                return slow, deaths
            except (EOFError, OSError):
                status = self._discard(worker)
                deaths += 1
                reason = f"the worker died with status {status}"
                if status is None or status in KILLED_FROM_OUTSIDE:
                    # Killed from outside, or with its zygote: not the item's fault.
                    continue
                break
            if fit:
                self._put_back(worker)
            else:
                self._discard(worker)
            return verdict, deaths
        return Verdict(outcome=Outcome.ERROR, reason=reason), deaths

    def _take_worker(self) -> _Worker:
        """Return an idle worker, or a new one. Raises `CheckerFailed` when the zygote cannot be kept alive."""
        with self._lock:
            if self._closed:
                raise CheckerFailed("the checker pool is closed")
            while self._idle:
                worker = self._idle.pop()
                if worker.zygote.running:
                    return worker
                # It died with its zygote.
                worker.channel.close()
        for attempt in range(_ATTEMPTS):
            try:
                zygote = self._running_zygote()
            except ZygoteKilled:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            try:
                pid, channel = zygote.fork(self._limits)
                return _Worker(pid=pid, channel=channel, zygote=zygote)
            except ZygoteGone as error:
                zygote.close()
                if attempt == _ATTEMPTS - 1:
                    raise CheckerFailed(f"the checker's zygote ended {_ATTEMPTS} times in a row: {error}") from error
        raise AssertionError("unreachable")

    def _running_zygote(self) -> ZygoteClient:
        """Return the zygote, started anew where it is gone. Raises `CheckerFailed`, `ZygoteKilled`."""
        with self._starting:
            with self._lock:
                if self._zygote is not None and self._zygote.running:
                    return self._zygote
                # The workers of a dead zygote are dead, too.
                self._idle.clear()
            started = ZygoteClient(self._kind, json.dumps(asdict(self._config)))
            with self._lock:
                if not self._closed:
                    self._zygote = started
                    return started
        started.close()
        raise CheckerFailed("the checker pool is closed")

    def _put_back(self, worker: _Worker) -> None:
        """Keep a worker for the next item."""
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.channel.close()

    def _discard(self, worker: _Worker) -> int | None:
        """Kill the worker if it still lives; return how it ended, None where its zygote is gone as well."""
        worker.channel.close()
        try:
            return worker.zygote.kill(worker.pid)
        except ZygoteGone:
            return None

    def _count(self, stage: str, outcomes: Sequence[Outcome], seconds: Sequence[float], deaths: int = 0) -> None:
        """Add to the statistics and tell the observer."""
        by_outcome = Counter(map(str, outcomes))
        with self._lock:
            self._counts.update({**by_outcome, f"settled_{stage}": len(outcomes), "worker_deaths": deaths})
            self._seconds[stage] += sum(seconds)
            if stage == "slow":
                self._slowest_s = max(self._slowest_s, *seconds)
        self._observe(stage, by_outcome, seconds, deaths)


def _ask(channel: socket.socket, question: Question, text: str, deadline: float) -> tuple[Verdict, bool]:
    """Return the verdict on one item, and True when the worker can be used again. Raises at `deadline`."""
    channel.settimeout(max(0.001, deadline - time.monotonic()))
    fields = asdict(question) | {"metadata": dict(question.metadata)}
    send_frame(channel, {"question": fields, "text": text})
    reply = receive_frame(channel)
    verdict = reply["verdict"]
    parts = tuple(PartVerdict(**part | {"outcome": Outcome(part["outcome"])}) for part in verdict["parts"])
    return Verdict(**verdict | {"outcome": Outcome(verdict["outcome"]), "parts": parts}), reply["fit"]
