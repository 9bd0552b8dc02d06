"""Report of a verifier loop: table and picture of its rounds, and the lines that `factory run` and `status` print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.storage.store import Store
from pipelines.reporting.look_line import look_line
from pipelines.rounds.folders import folder_of
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
from pipelines.rounds.tables import aligned, save_plot, training_loss
from pipelines.run.curves import Curve
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings
from pipelines.verifier_rounds.loop_runs import EVALUATION, SCORED, SEARCH_FOLDER, search_runs
from pipelines.verifier_rounds.phases import BEFORE, PHASES
from pipelines.verifier_rounds.settings import REFERENCE, LoopSettings, of

PLOT = "rounds.png"


def journal_of(store: Store) -> RoundJournal:
    """Return the journal of a verifier loop."""
    return RoundJournal(store, PHASES, BEFORE)


def why_stop(settings: LoopSettings, journal: RoundJournal) -> str | None:
    """Return the rule's sentence that ends the run; "" when all rounds are done, None while there is more to do."""
    what = "accuracy of the best guided search"
    return why_stop_any(journal, settings.loop.rounds, settings.stop, lambda: [accuracies(journal)], what)


def accuracies(journal: RoundJournal) -> list[float]:
    """Return the reference's accuracy, then that of the best guided search after every round."""
    rounds = [_by_method(phases) for phases in journal.by_round().values()]
    rounds = [by_method for by_method in rounds if by_method]
    guided = [[row["accuracy"] for name, row in one.items() if name != REFERENCE] for one in rounds]
    return [rounds[0][REFERENCE]["accuracy"], *map(max, guided)] if rounds else []


def save_rounds(store: Store, journal: RoundJournal) -> None:
    """Draw accuracies and the verifier's F1 over the rounds."""
    save_plot(store, PLOT, lines_of(journal), x="round", y="share of held-out questions; F1")


def curves_of(journal: RoundJournal) -> list[Curve]:
    """Return accuracies with the verifier's F1, and the loss of its training."""
    return [
        Curve(
            title="Guided searches and their verifier",
            caption="Share of the held-out questions that each search answers right at an equal budget of tokens, and "
            "how well the round's verifier names first errors in labelled solutions (F1).",
            x="round",
            y="share right; F1",
            lines=lines_of(journal),
        ),
        training_loss(journal, "Training loss of the verifier"),
    ]


def lines_of(journal: RoundJournal) -> dict[str, list[tuple[float, float, float]]]:
    """Return points (round, value, standard error) of every method's accuracy, and of the verifier's F1."""
    lines: dict[str, list[tuple[float, float, float]]] = {}
    for round_, phases in journal.by_round().items():
        at = float(round_ or 0)
        for name, row in _by_method(phases).items():
            lines.setdefault(f"right, {name}", []).append((at, row["accuracy"], row["error"] or 0.0))
        if (errors := phases.get("score", {}).get("first_errors")) is not None:
            lines.setdefault("first-error F1 of the verifier", []).append((at, errors["scores"]["f1"], 0.0))
    return lines


def round_lines(rounds: Rounds) -> list[str]:
    """Return one row per round: training rows, loss, F1, accuracy of every method with its share of the budget."""
    names = list(dict.fromkeys(name for phases in rounds.values() for name in _by_method(phases)))
    head = ["", "rows", "loss", "F1", *names, "calls", "seconds"]
    table = [head, *(_row(round_, phases, names) for round_, phases in rounds.items())]
    lines = aligned(table)
    if names:
        lines.append("methods: right ± standard error (over majority; tokens as a multiple of the budget)")
    return lines


def _row(round_: int | None, phases: Mapping[str, Facts], names: list[str]) -> list[str]:
    trained, rows = phases.get("train", {}), _by_method(phases)
    errors = phases.get("score", {}).get("first_errors")
    loss = trained.get("loss_last")
    return [
        row_name(round_),
        f"{trained['rows']:,}" if trained else "–",
        f"{loss:.3f}" if loss is not None else "–",
        f"{errors['scores']['f1']:.3f}" if errors else "–",
        *(_accuracy(rows[name]) if name in rows else "–" for name in names),
        *cost_cells(phases),
    ]


def _accuracy(row: Mapping[str, Any]) -> str:
    error = f" ± {row['error']:.1%}" if row["error"] is not None else ""
    gain = f"{row['gain']:+.1%}; " if row["method"] != REFERENCE else ""
    return f"{row['accuracy']:.1%}{error} ({gain}{row['ratio']:.2f})"


def _by_method(phases: Mapping[str, Facts]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of a round's evaluation by method; of several amounts the last."""
    return {row["method"]: row for row in phases.get("evaluate", {}).get("rows", ())}


def summary_lines(summary: RoundsSummary) -> list[str]:
    """Return the last lines of a run: its rounds, where picture and weights lie, what to do next."""
    folder = summary.folder
    trained = [phases["train"]["folder"] for phases in summary.rounds.values() if "train" in phases]
    evaluated = [round_ for round_, phases in summary.rounds.items() if "evaluate" in phases]
    return [
        head_line(summary),
        *round_lines(summary.rounds),
        *([f"plot           {folder}/{PLOT}"] if evaluated else []),
        *[f"comparison     {folder}/{folder_of(round_)}/{EVALUATION}/comparison.md" for round_ in evaluated[-1:]],
        *[f"verifier       {model}" for model in trained[-1:]],
        *([look_line(folder)] if summary.rounds else []),
        f"more rounds    factory resume {folder} loop.rounds=N",
    ]


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return how many rounds are done, what they came to, and what comes next.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder. Raises `BadInput` where the run
    never got to its first unit.
    """
    loop, journal = of(settings), journal_of(store)
    stopped = why_stop(loop, journal)
    lines = [
        status_head(settings, store, journal, loop.loop.rounds, stopped),
        f"made by        {settings.engine.name}, model {settings.model}, verifier trained by {loop.trainer.name}",
        *round_lines(journal.by_round()),
    ]
    return lines if stopped is not None else [*lines, *next_lines(settings, journal, _runs(loop, journal))]


def status_figures(settings: Settings, store: Store) -> dict[str, Any]:
    """Return the same as JSON values. Raises `BadInput` as `status_lines` does."""
    read_survey(store)
    journal, loop = journal_of(store), of(settings)
    return round_figures(journal, loop.loop.rounds, why_stop(loop, journal), _runs(loop, journal))


def _runs(loop: LoopSettings, journal: RoundJournal) -> dict[str, list[str]]:
    """Return the folders of the runs within a phase, relative to the round's, by phase."""
    round_, _ = journal.next_phase()
    searches = [part.run.dir.rpartition("/")[2] for part in search_runs(loop, round_ or 0)]
    return {
        "label": ["held_out"],
        "search": [f"{SEARCH_FOLDER}/{name}" for name in searches],
        "score": [SCORED],
    }
