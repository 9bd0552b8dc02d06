"""Reports of a STaR run: the table of its rounds, the picture, the last lines, the status of its folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.rounds import star_settings

from factory.errors import BadInput
from factory.storage.opening import open_store
from pipelines.planning.survey import Survey
from pipelines.rounds.journal import RoundJournal
from pipelines.rounds.summary import RoundsSummary
from pipelines.run import run_folder
from pipelines.self_training.journal import PHASES, journal_of
from pipelines.self_training.plot import PLOT, curves_of, lines_of, save_accuracies
from pipelines.self_training.report import summary_lines
from pipelines.self_training.round_table import round_lines
from tools.commands.status import status_figures, status_lines

KEEP = {
    "kept": 1200,
    "kept_hinted": 30,
    "rejected": {"incorrect": 500, "duplicate": 7},
    "rejected_hinted": {"leak_hint": 9},
    "seconds": 2.0,
}
TRAIN = {"loss_last": 0.41234, "folder": "runs/star/round_0/model", "seconds": 60.0}


def scores(greedy: float, passed: float, error: float | None = 0.02, k: int = 4) -> dict[str, Any]:
    """Phases as the journal gives them: keys are strings."""
    return {
        "greedy": {"accuracy": greedy, "accuracy_error": error},
        "sampled": {
            "pass_at": {"1": greedy - 0.05, str(k): passed} if k > 1 else {"1": passed},
            "pass_at_error": {"1": error, str(k): error},
        },
    }


def before(**who: Any) -> dict[str, Any]:
    return {"evaluate": {"policy_calls": 5, "seconds": 10.0, **(who or {"student": scores(0.25, 0.5)})}}


def one_round(greedy: float = 0.5) -> dict[str, Any]:
    facts = {phase: {"seconds": 1.0} for phase in PHASES}
    return facts | {"keep": KEEP, "train": TRAIN, "evaluate": {"student": scores(greedy, 0.75), "seconds": 20.0}}


def cells(lines: list[str], row: str) -> list[str]:
    """Cells of the one line that begins with `row`; two spaces and more stand between cells."""
    [line] = [line for line in lines if line.startswith(row)]
    return re.split(r"\s{2,}", line.removeprefix(row).strip())


def test_a_run_that_has_not_begun_is_a_head_alone() -> None:
    [head] = round_lines({})
    assert head.split() == ["greedy", "pass@1", "pass@k", "kept", "hinted", "rejected", "loss", "seconds"]


def test_a_row_tells_how_good_the_model_was_and_what_became_of_its_solutions() -> None:
    lines = round_lines({None: before(), 0: one_round()})
    assert cells(lines, "before") == [
        "25.0% ± 2.0%", "20.0%", "50.0% (k=4)", "–", "–", "–", "–", "10",
    ]  # fmt: skip
    assert cells(lines, "round 0") == [
        "50.0% ± 2.0%", "45.0%", "75.0% (k=4)", "1,200", "30", "516", "0.412", "85",
    ]  # fmt: skip


def test_every_row_is_as_wide_as_its_columns_ask_for() -> None:
    rows = round_lines({None: before(), **{round_: one_round() for round_ in range(12)}})[:14]
    assert len({line.index(word) + len(word) for line, word in [(rows[0], "kept"), (rows[2], "1,200")]}) == 1
    assert len({len(row) for row in rows}) == 1


def test_why_solutions_were_rejected_is_counted_over_all_rounds_most_frequent_first() -> None:
    lines = round_lines({None: before(), 0: one_round(), 1: one_round()})
    assert lines[-2:] == ["rejected         1,000 incorrect, 14 duplicate", "hinted, rejected 18 leak_hint"]


@pytest.mark.parametrize("phases", range(1, len(PHASES)))
def test_a_round_under_way_shows_what_is_known(phases: int) -> None:
    facts = {phase: one_round()[phase] for phase in PHASES[:phases]}
    found = cells(round_lines({None: before(), 0: facts}), "round 0")
    assert found[:3] == ["–"] * 3
    assert found[3] == ("1,200" if "keep" in facts else "–")
    assert found[6] == ("0.412" if "train" in facts else "–")


@pytest.mark.parametrize("loss", [{}, {"loss_last": None}, {"loss_last": 0.0}])
def test_a_trainer_that_reports_no_loss_leaves_the_cell_empty(loss: dict[str, Any]) -> None:
    lines = round_lines({0: one_round() | {"train": {"folder": "f", **loss}}})
    assert cells(lines, "round 0")[6] == ("0.000" if loss.get("loss_last") == 0.0 else "–")


def test_two_models_have_a_row_each() -> None:
    lines = round_lines({None: before(student=scores(0.1, 0.2), teacher=scores(0.8, 0.9))})
    assert "10.0%" in "".join(cells(lines, "before student"))
    assert "80.0%" in "".join(cells(lines, "before teacher"))


def test_in_turns_every_row_says_whose_it_is() -> None:
    turns = {None: before(student=scores(0.1, 0.2), teacher=scores(0.8, 0.9)), 0: one_round()}
    assert round_lines(turns)[3].startswith("round 0 student")


def test_one_sample_and_one_question_are_enough_for_a_row() -> None:
    lines = round_lines({None: before(student=scores(1.0, 1.0, error=None, k=1))})
    assert "100.0% ± 0.0%" in lines[1]
    assert "(k=1)" in lines[1]


def journal(folder: Path, rounds: int, phases: int = 0) -> RoundJournal:
    """Report of a run with so many finished rounds, and phases of the next one."""
    ours = journal_of(open_store(folder))
    ours.record(None, PHASES[-1], before()["evaluate"])
    for round_ in range(rounds + 1):
        for phase in PHASES if round_ < rounds else PHASES[:phases]:
            ours.record(round_, phase, one_round(0.5 + round_ / 10)[phase])
    return ours


def test_the_picture_has_a_line_per_model_and_measure_by_rounds_of_training(tmp_path: Path) -> None:
    lines = lines_of(journal(tmp_path, rounds=2, phases=3))
    assert list(lines) == ["student, greedy", "student, pass@1", "student, pass@4"]
    assert lines["student, greedy"] == [(0, 0.25, 0.02), (1, 0.5, 0.02), (2, 0.6, 0.02)]


def test_measures_come_in_the_order_of_k(tmp_path: Path) -> None:
    ours = journal_of(open_store(tmp_path))
    ours.record(None, PHASES[-1], {"student": scores(0.5, 0.9, error=None, k=16)})
    assert list(lines_of(ours)) == ["student, greedy", "student, pass@1", "student, pass@16"]
    assert lines_of(ours)["student, greedy"] == [(0, 0.5, 0.0)]


def test_the_picture_is_a_png_and_the_next_one_takes_its_place(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for rounds in (0, 2):
        save_accuracies(store, journal(tmp_path, rounds))
        assert (tmp_path / PLOT).read_bytes().startswith(b"\x89PNG")


def run_in(folder: Path, **sections: dict[str, Any]) -> Path:
    """A folder as a run leaves it once its source was read."""
    settings = star_settings(folder, Path("base"), **sections)
    store = open_store(folder)
    run_folder.bind(settings, store)
    run_folder.keep_survey(store, Survey(questions=1234))
    return folder


def test_the_status_of_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no run folder"):
        status_lines(str(tmp_path))


def test_the_status_before_the_first_phase_says_what_comes(tmp_path: Path) -> None:
    head, made_by, *rest = status_lines(str(run_in(tmp_path)))
    assert head == f"{tmp_path}: not complete, 0 of 2 rounds, 1,234 questions"
    assert made_by == "made by        scripted, model base, trained by command"
    assert rest[-2:] == ["next           before: evaluate", f"go on          factory resume {tmp_path}"]


@pytest.mark.parametrize(("rounds", "phases"), [(0, 0), (0, 3), (1, 0), (1, 5)])
def test_the_status_of_a_run_that_was_cut_off_names_the_phase_it_goes_on_in(
    tmp_path: Path, rounds: int, phases: int
) -> None:
    journal(run_in(tmp_path), rounds, phases)
    lines = status_lines(str(tmp_path))
    assert f"not complete, {rounds} of 2 rounds" in lines[0]
    assert f"next           round_{rounds}: {PHASES[phases]}" in lines
    figures = status_figures(str(tmp_path))
    assert (figures["complete"], figures["rounds"]) == (False, {"done": rounds, "all": 2})
    assert (figures["next"]["round"], figures["next"]["phase"]) == (rounds, PHASES[phases])
    assert [line.split("  ")[0] for line in lines if line.startswith(("before", "round"))] == [
        "before", *(f"round {round_}" for round_ in range(rounds + bool(phases))),
    ]  # fmt: skip


def test_the_status_of_a_complete_run_names_nothing_to_do(tmp_path: Path) -> None:
    journal(run_in(tmp_path), 2)
    lines = status_lines(str(tmp_path))
    assert lines[0] == f"{tmp_path}: complete, 2 of 2 rounds, 1,234 questions"
    assert not [line for line in lines if line.startswith(("next", "go on"))]
    figures = status_figures(str(tmp_path))
    assert (figures["complete"], figures["next"], list(figures["phases"])) == (
        True,
        None,
        ["before", "round_0", "round_1"],
    )


@pytest.mark.parametrize(
    ("stop", "rounds", "says"),
    [
        ({"patience": 1, "min_gain": 0.2}, 2, "complete: no gain of 0.2"),
        ({"patience": 2, "min_gain": 0.2}, 2, "not complete"),
        ({"policy_calls": 5}, 0, "complete: 5 policy calls are used, stop.policy_calls is 5"),
        ({"policy_calls": 6}, 0, "not complete"),
    ],
)
def test_the_status_of_a_run_that_a_rule_has_stopped_says_which(
    tmp_path: Path, stop: dict[str, Any], rounds: int, says: str
) -> None:
    journal(run_in(tmp_path, stop=stop, star={"rounds": 5}), rounds)
    assert f": {says}" in status_lines(str(tmp_path))[0]


def test_raised_rounds_are_what_the_status_counts_against(tmp_path: Path) -> None:
    journal(run_in(tmp_path), 2)
    run_folder.bind(star_settings(tmp_path, Path("base"), star={"rounds": 3}), open_store(tmp_path))
    lines = status_lines(str(tmp_path))
    assert "not complete, 2 of 3 rounds" in lines[0]
    assert "next           round_2: sample" in lines


def summary(complete: bool = True, stopped: str = "") -> list[str]:
    rounds = {None: before(), 0: one_round()}
    return summary_lines(RoundsSummary(folder="runs/x", complete=complete, stopped=stopped, rounds=rounds, seconds=61))


def test_a_summary_ends_with_what_there_is_and_what_to_do_next() -> None:
    lines = summary()
    assert lines[0].startswith("run complete (")
    assert "accuracy       runs/x/accuracy.png" in lines
    assert "weights        runs/star/round_0/model" in lines
    assert lines[-1] == "more rounds    factory resume runs/x star.rounds=N"


def test_a_summary_says_which_rule_has_stopped_it_or_how_to_go_on() -> None:
    assert summary(stopped="it was in vain")[0].startswith("run complete: it was in vain (")
    assert summary(complete=False)[0].startswith("run not complete. Go on with: factory resume runs/x (")


def test_a_summary_before_any_training_names_no_weights() -> None:
    ended = RoundsSummary(folder="runs/x", complete=False, stopped="", rounds={None: before()}, seconds=1)
    assert not [line for line in summary_lines(ended) if line.startswith("weights")]


def test_a_summary_names_no_file_that_is_not_there() -> None:
    ended = RoundsSummary(folder="runs/x", complete=False, stopped="", rounds={}, seconds=1)
    assert not [line for line in summary_lines(ended) if line.startswith(("accuracy", "look"))]


def test_a_report_s_curves_are_accuracies_solutions_and_losses(tmp_path: Path) -> None:
    journal = journal_of(open_store(tmp_path))
    journal.record(None, "evaluate", before()["evaluate"])
    for phase in PHASES:
        journal.record(0, phase, one_round()[phase])
    accuracies, solutions, losses = curves_of(journal)
    assert accuracies.lines["student, greedy"] == [(0, 0.25, 0.02), (1, 0.5, 0.02)]
    assert solutions.lines == {
        "kept": [(0.0, 1200.0, None)],
        "kept, written with a hint": [(0.0, 30.0, None)],
        "rejected": [(0.0, 516.0, None)],
    }
    assert losses.lines == {"loss": [(0.0, 0.41234, None)]}


def test_a_run_that_has_not_begun_has_curves_without_lines(tmp_path: Path) -> None:
    assert not any(curve.lines for curve in curves_of(journal_of(open_store(tmp_path))))
