"""Lines for a person while a run goes on and when it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.records.example import Example, ExampleStep
from factory.records.role_costs import AMOUNTS
from factory.records.tally import Tally
from factory.text.durations import clock
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineFigures
from pipelines.planning.survey import Survey
from pipelines.run.label_report import LabelSummary, counts_lines, engine_line, summary_lines
from pipelines.run.listener import Outlook
from tools.commands.progress.display import Display, plain_every_s


@pytest.fixture
def display() -> Display:
    shown = Display()
    shown.begin(Outlook(Path("runs/x"), Survey(questions=40), units=10, committed=2, questions=32, least=4))
    return shown


def test_rates_cover_what_is_done_and_what_is_underway(display):
    progress = Progress(units=2, seconds=10.0)
    progress.done = Tally(questions=8, policy_calls=60, completion_tokens=600, correct=3, incorrect=9)
    progress.underway = Tally(policy_calls=40, completion_tokens=400)
    line = display.line(progress)
    for part in ("units 4/10", "questions 8/32", "10.0 rollouts/s", "100 tokens/s", "correct 25%", "ETA 0:30"):
        assert part in line


def test_a_finished_question_counts_before_its_unit_is_committed(display):
    progress = Progress(seconds=10.0, done=Tally(questions=8), underway=Tally(questions=2))
    assert "questions 10/32" in display.line(progress)
    assert "ETA 0:22" in display.line(progress)


def test_before_anything_came_back_there_is_no_estimate_and_then_a_lower_bound(display):
    assert "ETA –" in display.line(Progress(seconds=1.0))
    assert "ETA over 1:10" in display.line(Progress(seconds=10.0, underway=Tally(policy_calls=16)))


def test_the_line_says_how_full_the_engines_are(display):
    engines = [EngineFigures(slots=8, running=8, waiting=3), EngineFigures(slots=8, running=4)]
    line = display.line(Progress(seconds=10.0, underway=Tally(policy_calls=10), engines=engines))
    assert "engines 75% full, 3 waiting" in line
    assert "ETA over 1:10" in line  # of 128 samples 10 are made and 12 half made


def test_a_long_run_says_less_often_how_far_it_is() -> None:
    assert [plain_every_s(seconds) for seconds in (0.0, 599.0, 600.0)] == [5.0, 5.0, 60.0]


def test_rollouts_that_have_only_begun_say_nothing_of_the_time(display):
    assert "ETA –" in display.line(Progress(seconds=10.0, engines=[EngineFigures(slots=8, running=1, waiting=90)]))


HOSTILE = "\x1b[2J\u202e[red]2 + 2 = 5\nThe end"


def test_the_first_labelled_question_is_shown_step_by_step(display, capsys):
    steps = [
        ExampleStep(text="2 + 2 = 4.", label=1, n_successes=7, n_trials=9),
        ExampleStep(text=HOSTILE, label=-1, n_successes=0, n_trials=3),
    ]
    example = Example(
        question="How many?",
        gold_answer="4",
        final_answer=None,
        verdict="incorrect",
        first_error=1,
        steps=tuple(steps),
        n_steps=5,
    )
    for second in (1.0, 2.0):
        display.progress(Progress(seconds=second, example=example))
    shown = capsys.readouterr().err
    assert shown.count("first labelled question") == 1
    for part in (
        "How many?",
        "✓   7/9",
        "2 + 2 = 4.",
        "✗   0/3",
        "← first error",
        "3 more steps",
        "answer none, gold 4",
    ):
        assert part in shown
    # Whatever the model wrote moves no cursor, begins no line and is no markup.
    assert "\x1b" not in shown
    assert r"\x1b[2J\u202e[red]2 + 2 = 5 The end" in shown


def test_money_is_told_where_models_have_prices(display):
    spent = Progress(seconds=1.0, done=Tally(money=1234.5), underway=Tally(money=0.125))
    assert "money 1,234.62" in display.line(spent)
    assert "money 0.0025" in display.line(Progress(seconds=1.0, underway=Tally(money=0.0025)))
    assert "money" not in display.line(Progress(seconds=1.0))


def test_a_stopping_run_says_what_it_waits_for(display):
    assert "waiting for 3 units" in display.line(Progress(seconds=1.0, stopping=True, in_flight=3))


def test_golds_that_do_not_verify_are_told(capsys):
    Display().begin(Outlook(Path("r"), Survey(questions=4, bad_golds={"ab": "'?'"}), 1, 0))
    assert "skipped 1 questions whose gold answer does not verify: ab: '?'" in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (75, "1:15"), (3723, "1:02:03")])
def test_times_read_as_clocks(seconds, shown):
    assert clock(seconds) == shown


def test_what_was_not_judged_is_kept_apart():
    lines = "\n".join(counts_lines(Tally(questions=1, correct=1, unparsable=2, truncated=3)))
    assert "2 unparsable, 3 cut off" in lines
    assert "1 correct, 0 wrong (100% of judged)" in lines


def test_answers_are_told_by_process_where_somebody_has_audited_them() -> None:
    lines = counts_lines(Tally(correct=9, incorrect=5, first_errors=5, sound=5, flawed=2, flaws_located=1))
    assert "right answers  5 sound, 2 flawed, 2 unknown" in lines
    assert "wrong answers  0 sound, 4 flawed, 1 unknown" in lines
    assert not any("answers" in line for line in counts_lines(Tally(correct=9, incorrect=5, first_errors=4)))


def test_other_roles_and_money_are_told_by_role_and_the_policy_alone_is_not() -> None:
    policy = {
        "role": "policy",
        "engine": "e",
        "model": "m",
        "revision": "1",
        **dict.fromkeys(AMOUNTS, 0),
        "calls": 2000,
    }
    judge = {**policy, "role": "judge", "model": "j\x1b[2J", "calls": 3, "completion_tokens": 5, "money": 0.25}
    lines = "\n".join(counts_lines(Tally(roles=[policy, judge], money=0.25)))
    assert "policy       2,000 calls, 0 tokens read: m 1 e" in lines
    assert "judge        3 calls, 0 tokens read, 5 written, 0.2500 in money: j" in lines
    assert "money          0.2500" in lines
    assert "\x1b" not in lines
    assert "money" not in "\n".join(counts_lines(Tally(roles=[policy])))


@pytest.mark.parametrize(("complete", "said"), [(True, "run complete"), (False, "factory resume runs/x")])
def test_the_end_says_where_things_are_and_what_to_do(complete, said):
    summary = LabelSummary(Path("runs/x"), complete=complete, survey=Survey(), tally=Tally(), seconds=5.0)
    text = "\n".join(summary_lines(summary))
    assert said in text
    assert "runs/x/data" in text


def test_the_engines_size_is_said_where_it_is_known() -> None:
    known = {"engine": "vllm 1", "max_num_seqs": 1024, "max_num_batched_tokens": 16384}
    unknown = {"engine": "simulated", "max_num_seqs": None, "max_num_batched_tokens": None}
    assert (
        engine_line(known, "m")
        == "engine ready: vllm 1, model m, up to 1,024 samples at a time, up to 16,384 tokens a step"
    )
    assert engine_line(unknown, "m") == "engine ready: simulated, model m"
