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
from factory.shards.commits import no_records, runs_within
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.reporting.about import facts_of, state_of
from pipelines.reporting.annotated import annotated
from pipelines.reporting.engines import engine_figures
from pipelines.reporting.evidence import OtherFolder
from pipelines.reporting.examples import examples
from pipelines.reporting.reading import OnProgress, Part, part_of, read_through
from pipelines.reporting.spending import spending_figures
from pipelines.run.run_folder import opened

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
    parts = _parts(store)
    evidence: tuple[Evidence, ...] = tuple(OtherFolder(name, open_store(name)) for name in against)

    # One pass over all rows.
    slowest, drawn = Slowest(), Drawn(seed, DRAWN)
    sections = {**_sums(evidence), "slowest": slowest, "drawn": drawn}
    read = read_through(parts, list(sections.values()), tell)
    if not read.questions:
        raise BadInput(
            f"no object of {run_dir} can be read: {read.unreadable[0]}. `factory validate {run_dir}` names them all."
        )

    # What else the folder says.
    figures = {name: section.figures() for name, section in sections.items()}
    names = [part.name for part in parts]
    figures["confidence"]["against"] += annotated(store, names)
    # A text that several runs hold is accepted in each, so nothing can be said per accepted one of all of them.
    accepted = figures["yields"]["total"]["accepted"] if len(parts) == 1 else None
    money = figures["costs"]["total"]["money"]
    return {
        "version": VERSION,
        "made": clock().isoformat(timespec="seconds"),
        "seed": seed,
        "about": facts,
        "state": state_of(store, facts, read.questions),
        "read": {**asdict(read), "parts": names},
        **figures,
        "spending": spending_figures(store, names, facts.get("gpu_hour_price", 0.0), money, accepted),
        "engines": engine_figures(store, names),
        **_curves(run_dir, store, facts["kind"]),
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


def _parts(store: Store) -> list[Part]:
    """Return the folders of records: the run's own, or those of the runs within it. Raises `BadInput` for none."""
    own = part_of("", store)
    if own.shards:
        return [own]
    within = [part_of(name, open_store(f"{store.url}/{name}")) for name in runs_within(store)]
    if not within:
        raise no_records(store)
    return within


def _curves(run_dir: str, store: Store, kind: str) -> dict[str, Any]:
    """Return the curves that the pipeline has of its run, and why there are none where it cannot say."""
    if kind != "run":
        return {"curves": [], "no_curves": None}
    try:
        settings = opened(run_dir)
        curves = settings.definition.curves(settings, store)
    except BadInput as error:
        return {"curves": [], "no_curves": str(error)}
    return {"curves": [json.loads(json.dumps(asdict(curve))) for curve in curves if curve.lines], "no_curves": None}
