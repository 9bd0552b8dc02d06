"""Summary of a run of several rounds, and the lines that all such pipelines print alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from factory.storage.store import Store
from factory.text.durations import clock
from pipelines.rounds.folders import folder_of
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings

Rounds = Mapping[int | None, Mapping[str, Facts]]


@dataclass(frozen=True)
class RoundsSummary:
    """Result of a run of several rounds.

    Attributes:
      folder: the run folder.
      complete: False when the run was interrupted.
      stopped: sentence of the rule that ended it before all rounds were done; "" for none.
      rounds: facts of every finished phase, by round; None is the time before the first round.
      seconds: wall-clock time of this attempt.
      short: always 0; a part with units that are short is not complete.
    """

    folder: str
    complete: bool
    stopped: str
    rounds: Rounds
    seconds: float
    short: int = 0


def stats_of(summary: RoundsSummary) -> dict[str, object]:
    """Return what `stats.json` says of a run."""
    kept = asdict(summary)
    kept["rounds"] = {folder_of(round_): dict(facts) for round_, facts in summary.rounds.items()}
    return kept


def row_name(round_: int | None) -> str:
    """Return what a table of rounds calls a round."""
    return "before" if round_ is None else f"round {round_}"


def cost_cells(phases: Mapping[str, Facts]) -> list[str]:
    """Return the cells of a round's completions and seconds, over its phases."""
    calls, seconds = (sum(facts.get(key, 0) for facts in phases.values()) for key in ("policy_calls", "seconds"))
    return [f"{calls:,}", f"{seconds:,.0f}"]


def head_line(summary: RoundsSummary) -> str:
    """Return whether a run is complete, why it ended, and how to go on where it is not."""
    head = f"complete{summary.stopped and f': {summary.stopped}'}"
    if not summary.complete:
        head = f"not complete. Go on with: factory resume {summary.folder}"
    return f"run {head} ({clock(summary.seconds)})"


def status_head(settings: Settings, store: Store, journal: RoundJournal, rounds: int, stopped: str | None) -> str:
    """Return how many rounds of a run are done.

    Args:
      settings: `settings.run.dir` is the folder as the user named it.
      store: the same folder.
      journal: facts of the phases that are done.
      rounds: number of rounds asked for.
      stopped: what `why_stop` says.

    Raises:
      BadInput: the run never got to its first unit.
    """
    survey = read_survey(store)
    state = f"complete{stopped and f': {stopped}'}" if stopped is not None else "not complete"
    return f"{settings.run.dir}: {state}, {journal.rounds} of {rounds} rounds, {survey.questions:,} questions"


def round_figures(
    journal: RoundJournal, rounds: int, stopped: str | None, parts: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return how far a run is as JSON values.

    Args:
      journal: facts of the phases that are done.
      rounds: number of rounds asked for.
      stopped: what `why_stop` says.
      parts: as `next_lines` takes them.
    """
    round_, phase = journal.next_phase()
    runs = [f"{folder_of(round_)}/{name}" for name in parts.get(phase, ())]
    return {
        "complete": stopped is not None,
        "rounds": {"done": journal.rounds, "all": rounds},
        "ended_by_rule": stopped or None,
        "next": None if stopped is not None else {"round": round_, "phase": phase, "runs": runs},
        "phases": {folder_of(number): dict(facts) for number, facts in journal.by_round().items()},
    }


def next_lines(settings: Settings, journal: RoundJournal, parts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what comes next, where its progress can be seen, and how to go on.

    `parts` names the folders of the runs within a phase, relative to the round's, by phase.
    """
    run_dir = settings.run.dir
    round_, phase = journal.next_phase()
    lines = [f"next           {folder_of(round_)}: {phase}"]
    lines += [f"progress       factory status {run_dir}/{folder_of(round_)}/{name}" for name in parts.get(phase, ())]
    return [*lines, f"go on          factory resume {run_dir}"]
