"""Dashboard of a run on terminals of every size, with texts that mean no good."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from factory.records.tally import Tally
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.progress_log import LiveProgress
from pipelines.run.driver_state import ALIVE, GONE, DriverState
from pipelines.watching.look import Look, Pace
from tools.commands.elsewhere.dashboard import FOOTER, all_lines, dashboard, plain_line

LIVE = LiveProgress(
    questions=100,
    units=50,
    committed=0,
    at=0.0,
    seconds=60.0,
    done=Tally(questions=20, policy_calls=160, completion_tokens=9000),
    underway=Tally(questions=3, policy_calls=80, completion_tokens=1000),
    units_done=10,
    unfinished=6,
    in_flight=2,
)
LOOK = Look(
    folder="runs/mine",
    pipeline="label_steps",
    driver=DriverState(2, {"host": "far", "pid": 7}, ALIVE, 1.0),
    said="engine ready",
    warnings=["question failed: too long"],
    questions=(23, 100),
    counts=Tally(solutions=90, correct=40, incorrect=30, first_errors=11, flawed=2, truncated=4, policy_calls=240),
    live=LIVE,
    engines=[EngineFigures(slots=64, running=60, waiting=5, seconds=10, slot_seconds=600)],
    engine_names={"policy": "vllm 0.32.0"},
    spent={"policy": 1.5},
    failures={"PromptTooLong": 3, "EngineFailed": 1},
    rates=(4.0, 166.7),
)
HOSTILE = "\x1b[2J\x1b]0;title\x07 \u202egnp.exe \x00 \ud800 [red]x[/] " + "y" * 100_000 + "\nnext"


def text_of(look: Look, width: int = 200, height: int = 50) -> str:
    return "\n".join(line.plain for line in dashboard(look, "1:10–2:40", width, height))


def test_it_tells_what_a_person_wants_to_know() -> None:
    said = text_of(LOOK)
    for part in (
        "running  runs/mine",
        "23/100 questions 23%",
        "ETA 1:10–2:40 · 4.0 rollouts/s · 167 tokens/s",
        "right 40 · wrong 30 (57% right)",
        "first errors 11 · flawed 2 · cut off 4",
        "failed 4: PromptTooLong 3, EngineFailed 1",
        "driver alive: attempt 2 on far, process 7",
        "94% full, 5 waiting · 94% busy so far",
        "1.50 GPU-hours",
        "! question failed: too long",
        FOOTER,
    ):
        assert part in said


@pytest.mark.parametrize(("width", "height"), [(40, 10), (1, 1), (10, 2), (300, 3), (80, 24)])
def test_it_fits_any_terminal(width: int, height: int) -> None:
    lines = dashboard(replace(LOOK, trouble="w" * 500), "1:10", width, height)
    assert len(lines) <= height
    assert all(cell_len(line.plain) <= width for line in lines)


def test_a_small_terminal_shows_how_far_it_is() -> None:
    said = text_of(LOOK, 40, 10)
    assert "23/100 questions" in said
    assert "ETA" in said


@pytest.mark.parametrize("field", ["folder", "said", "trouble", "phase", "warnings", "failures", "engine_names"])
def test_texts_by_others_cannot_steer_the_terminal(field: str) -> None:
    value: object = {"warnings": [HOSTILE], "failures": {HOSTILE: 1}, "engine_names": {"policy": HOSTILE}}.get(
        field, HOSTILE
    )
    look = replace(LOOK, **{field: value})
    for said in (text_of(look, 60), plain_line(look, ""), *[line.plain for line in all_lines(look, "", 80)]):
        assert said.replace("\n", "").isprintable()
        assert len(said) < 20_000


def test_a_run_within_a_run_is_shown_with_the_phase_it_belongs_to() -> None:
    look = Look(folder="runs/star", driver=LOOK.driver, phase="round_1: sample (1 of 3 rounds done)", part=LOOK)
    said = text_of(look)
    assert "running  runs/star" in said
    assert "round_1: sample" in said
    assert "23/100 questions" in said


def test_yields_are_shown_before_a_question_is_finished() -> None:
    assert "right 2 · wrong 1 (67% right)" in text_of(replace(LOOK, counts=Tally(correct=2, incorrect=1)))
    assert "right" not in text_of(replace(LOOK, counts=Tally()))


def test_a_driver_that_is_gone_is_the_first_thing_to_be_seen() -> None:
    look = replace(LOOK, live=None, driver=DriverState(2, {}, GONE))
    assert text_of(look).startswith("driver gone, not complete")
    assert plain_line(look, "").startswith("driver gone, not complete · questions 23/100")


def test_speeds_are_of_the_recent_past_and_begin_anew_with_an_attempt() -> None:
    pace = Pace()
    assert pace.hear(LIVE) == (4.0, 10000 / 60)
    later = replace(LIVE, seconds=70.0, underway=Tally(policy_calls=180, completion_tokens=1000))
    assert pace.hear(later) == (10.0, 0.0)
    assert pace.hear(replace(LIVE, seconds=2.0, done=Tally(policy_calls=6), underway=Tally())) == (3.0, 0.0)
