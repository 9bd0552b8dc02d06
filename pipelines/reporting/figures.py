"""All figures of a folder of records: one pass over its objects, then what its config, journals and logs say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from factory.errors import BadInput
from factory.run_figures.accuracy import Accuracy
from factory.run_figures.agreement import Agreement
from factory.run_figures.confidence import Confidence, Evidence
from factory.run_figures.costs import Costs
from factory.run_figures.drawn import Drawn, Slowest
from factory.run_figures.failures import Failures
from factory.run_figures.first_errors import FirstErrors
from factory.run_figures.label_balance import LabelBalance
from factory.run_figures.section import Section
from factory.run_figures.sources import Sources
from factory.run_figures.timeline import Timeline
from factory.run_figures.yields import Yields
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.text.safe_text import safe
from pipelines.reporting.about import facts_of, state_of
from pipelines.reporting.annotated import annotated
from pipelines.reporting.engines import engine_figures
from pipelines.reporting.evidence import OtherFolder
from pipelines.reporting.examples import examples
from pipelines.reporting.reading import OnProgress, parts_of, read_through, unreadable
from pipelines.reporting.spending import spending_figures
from pipelines.run.run_folder import opened
from pipelines.run.settings import Settings

VERSION = 1
"""Version of the figures' layout, as `factory report --json` prints them."""
DRAWN = 10
"""Examples that are drawn."""


def figures_of(
    run_dir: str,
    *,
    seed: int = 0,
    against: tuple[str, ...] = (),
    tell: OnProgress = lambda *_: None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, Any]:
    """Return all figures of a folder as JSON values.

    Args:
      run_dir: folder of a run (also of one of several rounds, or under way), an import, a merge, or any records.
      seed: which examples are drawn.
      against: folders with later evidence on the same solutions, for the calibration of confidence.
      tell: hears of the progress.
      clock: says when the figures were made.

    Raises:
      BadInput: the folder holds no record, or one of `against` knows nothing.
      StorageFailed: the store does not answer.
    """
    # What there is.
    store = open_store(run_dir)
    facts = facts_of(store, run_dir)
    parts = parts_of(store)
    evidence = [OtherFolder(name, open_store(name)) for name in against]

    # One pass over all rows.
    slowest, drawn = Slowest(), Drawn(seed, DRAWN)
    sections = {**_sums(tuple(evidence)), "slowest": slowest, "drawn": drawn}
    read = read_through(parts, list(sections.values()), tell)
    if not read.questions:
        raise unreadable(run_dir, read)

    # What else the folder says.
    figures = {name: section.figures() for name, section in sections.items()}
    names = [part.name for part in parts]
    notices = [notice for other in evidence for notice in _notices(other)]
    figures["confidence"]["against"] += annotated(store, names, lambda line: notices.append(safe(line)))
    settings = _settings(run_dir, facts["kind"])
    # A text that several runs hold is accepted in each, so nothing can be said per accepted one of all of them.
    accepted = figures["yields"]["total"]["accepted"] if len(parts) == 1 else None
    money = figures["costs"]["total"]["money"]
    return {
        "version": VERSION,
        "made": clock().isoformat(timespec="seconds"),
        "seed": seed,
        "about": facts,
        "state": state_of(store, facts, settings, read.questions),
        "read": {**asdict(read), "parts": names, "notices": notices},
        **figures,
        "spending": spending_figures(store, names, settings, facts.get("gpu_hour_price", 0.0), money, accepted),
        "engines": engine_figures(store, names),
        **_curves(settings, store),
        "slowest_records": examples(slowest.picks(), parts),
        "examples": examples(drawn.picks(), parts),
    }


def _sums(evidence: tuple[Evidence, ...]) -> dict[str, Section]:
    """Return the sections of a report but for the picks, by name."""
    return {
        "yields": Yields(),
        "accuracy": Accuracy(),
        "agreement": Agreement(),
        "label_balance": LabelBalance(),
        "first_errors": FirstErrors(),
        "confidence": Confidence(evidence),
        "sources": Sources(),
        "costs": Costs(),
        "timeline": Timeline(),
        "failures": Failures(),
    }


def _notices(other: OtherFolder) -> list[str]:
    """Return what a reader has to know of later evidence: what could not be read, or cannot be compared."""
    said = []
    if lost := other.read.unreadable:
        said.append(f"{other.name}: {len(lost):,} objects could not be read and judge nothing: {lost[0]}")
    if other.otherwise_cut:
        said.append(
            f"{other.name}: {other.otherwise_cut:,} of the same solutions are cut into another number of steps there, "
            "so their first errors judge no step here"
        )
    return said


def _settings(run_dir: str, kind: str) -> Settings | str:
    """Return the settings of a run; why there are none where they cannot be had here, "" of what is no run."""
    if kind != "run":
        return ""
    try:
        return opened(run_dir)
    except BadInput as error:
        return str(error)


def _curves(settings: Settings | str, store: Store) -> dict[str, Any]:
    """Return the curves that the pipeline has of its run, and why there are none where it cannot say."""
    if isinstance(settings, str):
        return {"curves": [], "no_curves": settings or None}
    try:
        curves = settings.definition.curves(settings, store)
    except BadInput as error:
        return {"curves": [], "no_curves": str(error)}
    return {"curves": [json.loads(json.dumps(asdict(curve))) for curve in curves if curve.lines], "no_curves": None}
