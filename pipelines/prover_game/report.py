"""Report of a prover–verifier game: table and picture of its rounds, the lines of `factory run` and `status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.self_training.convincing import HELPFUL, PROVERS, SNEAKY
from factory.storage.store import Store
from pipelines.prover_game.game_runs import SAMPLED, SCORED, TESTED
from pipelines.prover_game.phases import PHASES
from pipelines.prover_game.settings import VERIFIER, GameSettings, of
from pipelines.reporting.look_line import look_line
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.loop import why_stop as why_stop_any
from pipelines.rounds.summary import (
    Rounds,
    RoundsSummary,
    cost_cells,
    head_line,
    next_lines,
    round_figures,
    row_name,
    status_head,
)
from pipelines.rounds.tables import aligned, save_plot
from pipelines.run.curves import Curve
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings

PLOT = "rounds.png"
_HEAD = ("", "helpful right", "sneaky wrong", "and believed", "verifier", "AUC")
_MEANS = ("score helpful", "score sneaky", "right", "wrong")
NOTE = "held-out questions; believed: a score of 0.5 or more; AUC: chance that a right one scores above a wrong one"


def journal_of(store: Store) -> RoundJournal:
    """Return the journal of a game."""
    return RoundJournal(store, PHASES)


def why_stop(settings: GameSettings, journal: RoundJournal) -> str | None:
    """Return the rule's sentence that ends the run; "" when all rounds are done, None while there is more to do."""

    def accuracies() -> list[list[float]]:
        evaluated = [phases["evaluate"] for phases in journal.by_round().values() if "evaluate" in phases]
        return [[facts[HELPFUL]["right"] for facts in evaluated]]

    return why_stop_any(journal, settings.game.rounds, settings.stop, accuracies, "accuracy of the helpful prover")


def save_rounds(store: Store, journal: RoundJournal) -> None:
    """Draw what the provers and the verifier came to over the rounds."""
    save_plot(store, PLOT, lines_of(journal), x="round", y="share of solutions of held-out questions; AUC")


def curves_of(journal: RoundJournal) -> list[Curve]:
    """Return what the provers and the verifier came to."""
    return [
        Curve(
            title="Provers and verifier",
            caption="Solutions of held-out questions: right ones of the helpful prover, wrong ones of the sneaky one, "
            "those of them that the verifier believes (a score of 0.5 or more), and how well it tells both apart.",
            x="round",
            y="share; AUC",
            lines=lines_of(journal),
        )
    ]


def lines_of(journal: RoundJournal) -> dict[str, list[tuple[float, float, float]]]:
    """Return points (round, value, standard error) by label."""
    lines: dict[str, list[tuple[float, float, float]]] = {}
    for round_, phases in journal.by_round().items():
        if (facts := phases.get("evaluate")) is None:
            continue
        helpful, sneaky, verifier = facts[HELPFUL], facts[SNEAKY], facts[VERIFIER]
        for label, value, error in (
            ("helpful: right", helpful["right"], helpful["right_error"]),
            ("sneaky: wrong", sneaky["wrong"], sneaky["wrong_error"]),
            ("sneaky: wrong and believed", sneaky["convincing_wrong"], None),
            ("verifier: accuracy", verifier["accuracy"], None),
            ("verifier: AUC", verifier["auc"], None),
        ):
            if value is not None:
                lines.setdefault(label, []).append((float(round_ or 0), value, error or 0.0))
    return lines


def round_lines(rounds: Rounds) -> list[str]:
    """Return one row per round: what the provers wrote on held-out questions, what the verifier found of it, costs."""
    head = [*_HEAD, *_MEANS, "rows", "imitated", "calls", "seconds"]
    lines = aligned([head, *(_row(round_, phases) for round_, phases in rounds.items())])
    return [*lines, NOTE] if any("evaluate" in phases for phases in rounds.values()) else lines


def _row(round_: int | None, phases: Mapping[str, Facts]) -> list[str]:
    rewards, rows = phases.get("reward", {}), phases.get("verifier", {}).get("rows")
    kept = [f"{rewards[prover]['kept']:,}" for prover in PROVERS if prover in rewards]
    return [
        row_name(round_),
        *_measures(phases.get("evaluate")),
        f"{rows:,}" if rows is not None else "–",
        " + ".join(kept) or "–",
        *cost_cells(phases),
    ]


def _measures(facts: Facts | None) -> list[str]:
    """Return the cells of one evaluation."""
    if facts is None:
        return ["–"] * (len(_HEAD) - 1 + len(_MEANS))
    helpful, sneaky, verifier = facts[HELPFUL], facts[SNEAKY], facts[VERIFIER]
    return [
        _share(helpful["right"], helpful["right_error"]),
        _share(sneaky["wrong"], sneaky["wrong_error"]),
        _share(sneaky["convincing_wrong"]),
        _share(verifier["accuracy"]),
        _score(verifier["auc"]),
        _score(helpful["score"]),
        _score(sneaky["score"]),
        _score(verifier["score_right"]),
        _score(verifier["score_wrong"]),
    ]


def _share(value: float | None, error: float | None = None) -> str:
    return "–" if value is None else f"{value:.1%}" + (f" ± {error:.1%}" if error is not None else "")


def _score(value: Any) -> str:
    return "–" if value is None else f"{value:.2f}"


def summary_lines(summary: RoundsSummary) -> list[str]:
    """Return the last lines of a run: its rounds, where picture and models lie, what to do next."""
    folder = summary.folder
    verifiers = [phases["verifier"]["folder"] for phases in summary.rounds.values() if "verifier" in phases]
    provers = [
        phases["provers"]["folder"] for phases in summary.rounds.values() if "folder" in phases.get("provers", {})
    ]
    return [
        head_line(summary),
        *round_lines(summary.rounds),
        *([f"plot           {folder}/{PLOT}"] if verifiers else []),
        *[f"verifier       {model}" for model in verifiers[-1:]],
        *[f"provers        {model}" for model in provers[-1:]],
        *([look_line(folder)] if 0 in summary.rounds else []),
        f"more rounds    factory resume {folder} game.rounds=N",
    ]


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return how many rounds are done, what they came to, and what comes next.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder. Raises `BadInput` where the run
    never got to its first unit.
    """
    game, journal = of(settings), journal_of(store)
    stopped = why_stop(game, journal)
    lines = [
        status_head(settings, store, journal, game.game.rounds, stopped),
        f"made by        {settings.engine.name}, model {settings.model}, verifier trained by {game.trainer.name}",
        *round_lines(journal.by_round()),
    ]
    return lines if stopped is not None else [*lines, *next_lines(settings, journal, _runs())]


def status_figures(settings: Settings, store: Store) -> dict[str, Any]:
    """Return the same as JSON values. Raises `BadInput` as `status_lines` does."""
    read_survey(store)
    journal, game = journal_of(store), of(settings)
    return round_figures(journal, game.game.rounds, why_stop(game, journal), _runs())


def _runs() -> dict[str, list[str]]:
    """Return the folders of the runs within a phase, relative to the round's, by phase."""
    folders = {"sample": SAMPLED, "evaluate": TESTED, "reward": SCORED}
    return {phase: [f"{folder}/{prover}" for prover in PROVERS] for phase, folder in folders.items()}
