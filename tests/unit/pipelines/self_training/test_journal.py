"""Journal of a STaR run: one small file per finished phase."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from factory.spending import Spent
from factory.storage.opening import open_store
from pipelines.rounds.journal import RoundJournal
from pipelines.run.attempts import BEAT_S
from pipelines.self_training.journal import PHASES, accuracies, journal_of

ORDER: list[tuple[int | None, str]] = [
    (None, "evaluate"),
    *((round_, phase) for round_ in range(3) for phase in PHASES),
]


def journal(folder: Path) -> RoundJournal:
    return journal_of(open_store(folder))


def scores(accuracy: float) -> dict[str, Any]:
    return {"greedy": {"accuracy": accuracy}}


def done(folder: Path, phases: int, **facts: Any) -> RoundJournal:
    """The journal of a run with so many finished phases."""
    ours = journal(folder)
    for round_, phase in ORDER[:phases]:
        ours.record(round_, phase, facts)
    return ours


def test_the_phases_follow_each_other_round_by_round(tmp_path: Path) -> None:
    ours = journal(tmp_path)
    for expected in ORDER:
        assert ours.next_phase() == expected
        ours.record(*expected, {})
    assert ours.next_phase() == (3, "sample")


@pytest.mark.parametrize("phases", [0, 1, 2, 6, 7, 8, 13, 18, 19])
def test_a_new_driver_finds_what_the_last_one_left(tmp_path: Path, phases: int) -> None:
    ours = done(tmp_path, phases, seconds=1.5)
    again = journal(tmp_path)
    assert again.next_phase() == ours.next_phase() == (ORDER[phases] if phases < len(ORDER) else (3, "sample"))
    assert again.by_round() == ours.by_round()
    assert again.rounds == ours.rounds == max(0, phases - 1) // len(PHASES)


def test_everything_known_comes_in_order_with_the_time_before_first(tmp_path: Path) -> None:
    done(tmp_path, 9)
    found = journal(tmp_path).by_round()
    assert list(found) == [None, 0, 1]
    assert [list(phases) for phases in found.values()] == [["evaluate"], [*PHASES], ["sample", "rationalise"]]


def test_what_is_not_done_has_no_facts(tmp_path: Path) -> None:
    ours = done(tmp_path, 2, questions=7)
    assert ours.facts(0, "sample") == {"questions": 7}
    assert ours.facts(0, "keep") is None
    assert ours.facts(None, "evaluate") == {"questions": 7}


def test_of_two_drivers_that_have_done_a_phase_the_first_is_right(tmp_path: Path) -> None:
    first, second = journal(tmp_path), journal(tmp_path)
    first.record(None, "evaluate", {"by": "first"})
    second.record(None, "evaluate", {"by": "second"})
    assert second.facts(None, "evaluate") == first.facts(None, "evaluate") == {"by": "first"}
    assert journal(tmp_path).facts(None, "evaluate") == {"by": "first"}


def test_facts_are_the_same_before_and_after_a_restart(tmp_path: Path) -> None:
    ours = journal(tmp_path)
    ours.record(None, "evaluate", {"student": {"pass_at": {1: 0.5, 4: 0.75}}})
    assert ours.by_round() == journal(tmp_path).by_round()


def test_a_file_for_people_stands_where_the_round_lies(tmp_path: Path) -> None:
    done(tmp_path, 2, questions=3)
    assert json.loads((tmp_path / "before/evaluate.json").read_text()) == {"questions": 3}
    assert (tmp_path / "round_0/sample.json").read_text().endswith("}\n")


def test_accuracies_begin_with_the_one_from_before_the_first_round(tmp_path: Path) -> None:
    ours = journal(tmp_path)
    assert accuracies(ours, "student") == []
    for number, (round_, phase) in enumerate(ORDER[:13]):
        ours.record(round_, phase, {"student": scores(number / 100)} if phase == "evaluate" else {})
    assert accuracies(ours, "student") == [0.0, 0.06, 0.12]
    assert accuracies(ours, "teacher") == []


def test_in_turns_a_model_is_measured_after_the_rounds_it_learned_in(tmp_path: Path) -> None:
    ours = journal(tmp_path)
    ours.record(None, "evaluate", {"policy_calls": 4, "student": scores(0.1), "teacher": scores(0.5)})
    for round_, (who, accuracy) in enumerate([("student", 0.2), ("teacher", 0.6), ("student", 0.3)]):
        for phase in PHASES:
            ours.record(round_, phase, {who: scores(accuracy)} if phase == "evaluate" else {})
    assert accuracies(ours, "student") == [0.1, 0.2, 0.3]
    assert accuracies(ours, "teacher") == [0.5, 0.6]


def beaten(folder: Path, number: int, beats: int | None, **log: Any) -> None:
    attempt = folder / f"logs/attempt_{number}"
    attempt.mkdir(parents=True)
    (attempt / "attempt.json").write_text(json.dumps(log))
    if beats is not None:
        (attempt / "heartbeat.json").write_text(json.dumps({"beat": beats}))


def test_calls_are_spent_in_phases_and_hours_while_a_driver_lives(tmp_path: Path) -> None:
    an_hour = round(3600 / BEAT_S)
    beaten(tmp_path, 1, an_hour, gpus=2.0)
    beaten(tmp_path, 2, 2 * an_hour, gpus=0.0)
    beaten(tmp_path, 3, None, gpus=8.0)
    beaten(tmp_path, 10, an_hour)
    ours = done(tmp_path, 3, policy_calls=100)
    ours.record(0, "keep", {"questions": 3})
    assert ours.spent() == Spent(policy_calls=300, hours=pytest.approx(4), gpu_hours=pytest.approx(2))


def test_a_run_that_has_not_begun_has_spent_nothing(tmp_path: Path) -> None:
    assert journal(tmp_path).spent() == Spent()
