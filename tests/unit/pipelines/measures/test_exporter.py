"""News of a run as measures: totals that only rise, gauges as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.measures import COUNTER, GAUGE, HISTOGRAM, MEASURES
from factory.records.tally import Tally
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineFigures
from pipelines.measures.exporter import NAME_LENGTH, TELL_EVERY_S, Exporter, label_of

Key = tuple[str, frozenset[tuple[str, str]]]


class KeptMeter:
    """Meter that keeps what it is told, and refuses what no measure allows."""

    def __init__(self) -> None:
        self.values: dict[Key, float] = {}
        self.observed: dict[Key, list[float]] = defaultdict(list)

    def count(self, name: str, more: float, **labels: str) -> None:
        """Raise a counter."""
        assert more >= 0, (name, more)
        key = _key(name, COUNTER, labels)
        self.values[key] = self.values.get(key, 0.0) + more

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self.values[_key(name, GAUGE, labels)] = value

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram."""
        self.observed[_key(name, HISTOGRAM, labels)].append(value)

    def value(self, name: str, **labels: str) -> float | None:
        """Return a counter's sum or a gauge's value; None where nothing was told."""
        return self.values.get((name, frozenset(labels.items())))


def _key(name: str, kind: str, labels: dict[str, str]) -> Key:
    measure = MEASURES[name]
    assert measure.kind == kind, f"{name} is a {measure.kind}"
    assert set(labels) == set(measure.labels), f"{name} has labels {measure.labels}, got {sorted(labels)}"
    assert all(isinstance(value, str) for value in labels.values()), labels
    return name, frozenset(labels.items())


class Clock:
    """Clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def exporter(clock: Callable[[], float] | None = None, **gpus: float) -> tuple[Exporter, KeptMeter]:
    meter = KeptMeter()
    return Exporter(meter, "night", gpus, clock or Clock()), meter


def engine(slot_seconds: float, seconds: float, **more: float) -> EngineFigures:
    return EngineFigures(slots=4, slot_seconds=slot_seconds, seconds=seconds, **more)  # type: ignore[arg-type]


def test_what_is_under_way_counts_before_it_is_committed_and_once() -> None:
    told, meter = exporter()
    told.tell(Progress(underway=Tally(policy_calls=10, label_calls=4, completion_tokens=70)))
    told.tell(Progress(done=Tally(policy_calls=12, label_calls=5, completion_tokens=80), units=1))
    assert meter.value("factory_rollouts", run="night", use="answers") == 7
    assert meter.value("factory_rollouts", run="night", use="labels") == 5
    assert meter.value("factory_tokens", run="night") == 80


def test_what_a_dead_worker_takes_with_it_does_not_count_twice() -> None:
    told, meter = exporter()
    for calls in (10, 3, 8, 14):
        told.tell(Progress(underway=Tally(policy_calls=calls)))
    assert meter.value("factory_rollouts", run="night", use="answers") == 14


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_a_counter_is_the_highest_of_all_sums(sums: list[int]) -> None:
    told, meter = exporter()
    for tokens in sums:
        told.tell(Progress(done=Tally(completion_tokens=tokens)))
    assert meter.value("factory_tokens", run="night") == max(sums)


def test_records_count_by_how_they_ended() -> None:
    told, meter = exporter()
    told.tell(
        Progress(done=Tally(questions=9, failed=2, correct=5, timeout=1, first_errors=3, labels_wrong=3), units=2)
    )
    assert meter.value("factory_questions", run="night", status="done") == 7
    assert meter.value("factory_questions", run="night", status="failed") == 2
    assert meter.value("factory_solutions", run="night", verdict="timeout") == 1
    assert meter.value("factory_steps", run="night", label="wrong") == 3
    assert meter.value("factory_units", run="night") == 2


def test_a_counter_that_never_rose_is_there_as_zero() -> None:
    told, meter = exporter()
    told.tell(Progress())
    assert meter.value("factory_questions", run="night", status="failed") == 0
    assert meter.value("factory_retries", run="night") == 0


def test_roles_cost_by_name_whoever_plays_them() -> None:
    one = {"role": "judge", "engine": "http", "revision": "", "calls": 2, "prompt_tokens": 30, "cached_tokens": 0}
    roles = [
        {**one, "model": "a", "completion_tokens": 5, "money": 0.25},
        {**one, "model": "b", "completion_tokens": 7, "money": 0.5},
    ]
    told, meter = exporter()
    told.tell(Progress(done=Tally(roles=roles)))
    assert meter.value("factory_role_calls", run="night", role="judge") == 4
    assert meter.value("factory_role_tokens", run="night", role="judge", way="written") == 12
    assert meter.value("factory_role_money", run="night", role="judge") == 0.75


def test_the_time_since_the_last_commit_grows_until_the_next() -> None:
    clock = Clock()
    told, meter = exporter(clock)
    ages = []
    for now, units in ((100.0, 0), (160.0, 0), (170.0, 1), (190.0, 1)):
        clock.now = now
        told.tell(Progress(units=units))
        ages.append(meter.value("factory_seconds_since_commit", run="night"))
    assert ages == [0, 60, 0, 20]


def test_busy_is_the_share_of_slots_since_the_last_look() -> None:
    told, meter = exporter()
    shares = []
    for figures in (engine(20, 10), engine(20, 20), engine(60, 30), engine(60, 30)):
        told.tell(Progress(engines=[figures]))
        shares.append(meter.value("factory_engine_busy", run="night", role="policy", engine="1"))
    assert shares == [0.5, 0.0, 1.0, 1.0]


def test_engines_are_known_by_their_place_in_their_role() -> None:
    told, meter = exporter()
    told.tell(Progress(engines=[engine(1, 1), engine(1, 1, role="prm"), engine(1, 1, out=True)]))  # type: ignore[arg-type]
    assert meter.value("factory_engine_out", run="night", role="policy", engine="2") == 1
    assert meter.value("factory_engine_out", run="night", role="prm", engine="1") == 0


def test_gpu_time_is_that_of_all_engines_of_a_role() -> None:
    told, meter = exporter(policy=8, prm=0.5)
    told.tell(Progress(engines=[engine(0, 10), engine(0, 20), engine(0, 30, role="prm")]))  # type: ignore[arg-type]
    assert meter.value("factory_gpu_seconds", run="night", role="policy") == 240
    assert meter.value("factory_gpu_seconds", run="night", role="prm") == 15


def test_an_engine_that_takes_the_place_of_one_that_is_gone_counts_beside_it() -> None:
    told, meter = exporter(policy=2)
    told.tell(Progress(engines=[engine(40, 10, output_tokens=100.0)]))
    told.tell(Progress(engines=[engine(8, 4, output_tokens=30.0)], gone=[engine(40, 10, output_tokens=100.0)]))
    who = {"run": "night", "role": "policy", "engine": "1"}
    assert meter.value("factory_engine_tokens", **who, way="written") == 130
    assert meter.value("factory_gpu_seconds", run="night", role="policy") == 28
    told.tell(Progress(engines=[engine(16, 6, output_tokens=45.0)], gone=[engine(40, 10, output_tokens=100.0)]))
    assert meter.value("factory_engine_tokens", **who, way="written") == 145
    assert meter.value("factory_engine_busy", **who) == 1.0


def test_nothing_is_told_more_often_than_ray_collects() -> None:
    clock = Clock()
    told, meter = exporter(clock)
    for now, units in ((100.0, 1), (100.0 + TELL_EVERY_S / 2, 2)):
        clock.now = now
        told.hear(Progress(units=units))
    assert meter.value("factory_units", run="night") == 1
    clock.now = 100.0 + TELL_EVERY_S
    told.hear(Progress(units=2))
    assert meter.value("factory_units", run="night") == 2


def test_at_the_end_nothing_is_under_way() -> None:
    told, meter = exporter()
    told.tell(Progress(units=1, in_flight=3, unfinished=20))
    told.end(Progress(units=4, in_flight=0))
    assert meter.value("factory_units", run="night") == 4
    for name in ("units_in_flight", "questions_unfinished", "seconds_since_commit"):
        assert meter.value(f"factory_{name}", run="night") == 0


@pytest.mark.parametrize(
    ("run_dir", "part_of", "name"),
    [
        ("runs/gsm8k", "", "gsm8k"),
        ("s3://bucket/a/night/", "", "night"),
        ("runs/star/round_0/sample", "runs/star", "star"),
        ("alone", "", "alone"),
        ("x" * 200, "", "x" * NAME_LENGTH),
    ],
)
def test_a_run_goes_by_its_folder_and_part_of_a_story_by_that_ones(run_dir: str, part_of: str, name: str) -> None:
    assert label_of(run_dir, part_of) == name
