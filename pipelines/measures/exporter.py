"""Exporter of a run's numbers: what the driver is told of the run anyway, as measures that can be watched. Pure.

The actors export only what the driver does not know: how long a request, a commit, a check has taken.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from factory.measures import Meter
from factory.records.tally import Tally
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineFigures

# Most characters of a run's name as a label.
NAME_LENGTH = 64
# Ray collects what its processes say every ten seconds, and forgets a gauge that nobody has set meanwhile.
TELL_EVERY_S = 5.0


def label_of(run_dir: str, part_of: str = "") -> str:
    """Return the name by which a run is known where it is watched: that of its folder.

    A run within a story of several rounds (`part_of` is that one's folder) goes by the name of the story.
    """
    return (part_of or run_dir).rstrip("/").rpartition("/")[2][-NAME_LENGTH:]


class Exporter:
    """Teller of one run's progress to a meter.

    Args:
      meter: receiver of the measures.
      run: name of the run, the label by which it is known.
      gpus: GPUs of an engine, by role.
      clock: monotonic seconds.
    """

    def __init__(
        self, meter: Meter, run: str, gpus: Mapping[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._meter = meter
        self._run = run
        self._gpus = gpus
        self._clock = clock
        self._told = float("-inf")
        # Totals as they were told last, by measure and labels; units committed, and when the last one came.
        self._totals: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        self._units, self._committed = 0, clock()
        # Of each engine: the slot-seconds and the seconds that it had when it was looked at last.
        self._seen: dict[int, tuple[float, float]] = {}

    def hear(self, progress: Progress) -> None:
        """Tell how far the run is, if the last time was a while ago."""
        if self._clock() - self._told >= TELL_EVERY_S:
            self.tell(progress)

    def tell(self, progress: Progress) -> None:
        """Tell how far the run is."""
        now = self._told = self._clock()
        self._tell_work(progress, now)
        gpu_seconds: defaultdict[str, float] = defaultdict(float)
        places: Counter[str] = Counter()
        for index, engine in enumerate(progress.engines):
            # An engine is known by its place among those of its role: names of actors are new in every attempt.
            places[engine.role] += 1
            self._tell_engine(index, engine, str(places[engine.role]))
            gpu_seconds[engine.role] += engine.seconds * self._gpus.get(engine.role, 0.0)
        for gone in progress.gone:
            gpu_seconds[gone.role] += gone.seconds * self._gpus.get(gone.role, 0.0)
        for role, seconds in gpu_seconds.items():
            self._total("factory_gpu_seconds", seconds, role=role)

    def end(self, progress: Progress) -> None:
        """Tell the last numbers; nothing is under way any more, and no alarm waits for a commit."""
        self.tell(progress)
        for name in ("factory_units_in_flight", "factory_questions_unfinished", "factory_seconds_since_commit"):
            self._meter.set(name, 0.0, run=self._run)

    def _tell_work(self, progress: Progress, now: float) -> None:
        """Tell what is committed, what is under way, and what both have cost."""
        done, under_way = progress.done, progress.underway
        labels = done.label_calls + under_way.label_calls
        self._total("factory_rollouts", done.policy_calls + under_way.policy_calls - labels, use="answers")
        self._total("factory_rollouts", labels, use="labels")
        self._total("factory_tokens", done.completion_tokens + under_way.completion_tokens)
        self._tell_records(done)
        self._total("factory_units", progress.units)
        self._total("factory_retries", progress.retried)
        if progress.units > self._units:
            self._units, self._committed = progress.units, now
        self._meter.set("factory_units_in_flight", progress.in_flight, run=self._run)
        self._meter.set("factory_questions_unfinished", progress.unfinished, run=self._run)
        self._meter.set("factory_seconds_since_commit", now - self._committed, run=self._run)

    def _tell_records(self, done: Tally) -> None:
        """Tell what the committed records hold, and what each role has cost."""
        self._total("factory_questions", done.questions - done.failed, status="done")
        self._total("factory_questions", done.failed, status="failed")
        for verdict in ("correct", "incorrect", "unparsable", "timeout", "error", "truncated"):
            self._total("factory_solutions", getattr(done, verdict), verdict=verdict)
        self._total("factory_first_errors", done.first_errors)
        self._total("factory_steps", done.labels_right, label="right")
        self._total("factory_steps", done.labels_wrong, label="wrong")
        # A role may be played by several models, one after the other.
        for role in {entry["role"] for entry in done.roles}:
            mine = [entry for entry in done.roles if entry["role"] == role]
            self._total("factory_role_calls", sum(entry["calls"] for entry in mine), role=role)
            self._total("factory_role_money", sum(entry["money"] for entry in mine), role=role)
            for way, amount in (("read", "prompt_tokens"), ("written", "completion_tokens")):
                self._total("factory_role_tokens", sum(entry[amount] for entry in mine), role=role, way=way)

    def _tell_engine(self, index: int, engine: EngineFigures, place: str) -> None:
        """Tell what an engine holds, and what it has done since it was looked at last."""
        who = {"run": self._run, "role": engine.role, "engine": place}
        slot_seconds, seconds = self._seen.get(index, (0.0, 0.0))
        self._seen[index] = engine.slot_seconds, engine.seconds
        if engine.seconds < seconds:
            # Another engine has taken the place of one that is gone: its counts are added to that one's.
            told = {key: 0.0 for key in self._totals if ("engine", place) in key[1] and ("role", engine.role) in key[1]}
            self._totals.update(told)
        capacity = engine.slots * (engine.seconds - seconds)
        gauges = {
            "factory_engine_slots": engine.slots,
            "factory_engine_running": engine.running,
            "factory_engine_waiting": engine.waiting,
            "factory_engine_out": float(engine.out),
            "factory_engine_cache_hits": engine.cache_hit_rate,
            "factory_engine_cache_full": engine.cache_full,
            # Until the next report of the engine nothing is known that is new.
            "factory_engine_busy": min(1.0, (engine.slot_seconds - slot_seconds) / capacity) if capacity > 0 else None,
        }
        for name, value in gauges.items():
            if value is not None:
                self._meter.set(name, value, **who)
        for name, count in (("restarts", engine.restarts), ("preemptions", engine.preemptions)):
            self._total(f"factory_engine_{name}", count, role=engine.role, engine=place)
        for way, tokens in (("read", engine.prompt_tokens), ("written", engine.output_tokens)):
            self._total("factory_engine_tokens", tokens, role=engine.role, engine=place, way=way)

    def _total(self, name: str, total: float, **labels: str) -> None:
        """Raise a counter to `total`, a sum since the run's begin in this attempt.

        What was under way with a worker that died is no longer in the sum: then the counter waits until the sum is
        there again, so work that is done twice counts once.
        """
        key = name, tuple(sorted(labels.items()))
        before = self._totals.get(key, 0.0)
        # A counter that was never raised is told, too, so that a rate over it is 0 and not unknown.
        if total > before or key not in self._totals:
            self._totals[key] = max(before, total)
            self._meter.count(name, max(0.0, total - before), run=self._run, **labels)
