"""GPU-hours and money of a folder, over all attempts and all runs within it, in all and per accepted solution.

Engines say how long they have held their GPUs. Of trainings in rounds the journal says how long each has taken from its
begin to its end; one that was cut short has left nothing that could be counted.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

from factory.errors import BadInput
from factory.run_figures.grouped import share
from factory.storage.store import Store
from pipelines.measures.gpu_time import gpu_hours_in
from pipelines.rounds.settings import options_of
from pipelines.run.contract import Plug
from pipelines.run.settings import Settings

TRAINER, PROVER_TRAINER = "trainer", "prover_trainer"
_PHASE = re.compile(r"round_\d+/(?P<phase>[a-z_]+)\.json")
# What the journal keeps of a phase that has trained, among others (`factory.self_training.training.Trained`).
_OF_TRAININGS = {"revision", "changed", "steps", "seconds"}


def spending_figures(
    store: Store, parts: list[str], settings: Settings | str, price: float, money: float, accepted: int | None
) -> dict[str, Any]:
    """Return what a run has spent.

    Args:
      store: the run folder.
      parts: folders of records within it, "" for its own.
      settings: settings of the run; why there are none where they cannot be had.
      price: money for one hour of one GPU; 0 where nobody says.
      money: what servers asked for their answers, by the records.
      accepted: solutions that are right, or with the first error located; None where that is no number, as of several
        runs with the same texts.

    Returns:
      GPU-hours by role, trainers among them, money in all, and both per accepted solution; None where nothing counts.
      "trainings": finished ones that were counted; None where nobody can say what they have held.
    """
    # Of several runs also those whose first record is still to come.
    hours = gpu_hours_in(store, *(["logs"] if parts == [""] else [""]))
    trained, trainings = (None, {}) if isinstance(settings, str) else _trainings(store, settings)
    hours |= {role: amount for role, amount in trainings.items() if amount}
    total = sum(hours.values())
    paid = money + price * total
    return {
        "gpu_hours": hours,
        "trainings": trained,
        "gpu_hours_total": total,
        "gpu_hour_price": price,
        "money": paid,
        "accepted": accepted,
        "gpu_seconds_per_accepted": share(3600 * total, accepted or 0) if total else None,
        "money_per_accepted": share(paid, accepted or 0) if paid else None,
    }


def _trainings(store: Store, settings: Settings) -> tuple[int | None, dict[str, float]]:
    """Return how many trainings of rounds are finished, and the GPU-hours that they took, by trainer."""
    trainers = {name: plug for name in (TRAINER, PROVER_TRAINER) if isinstance(plug := settings.own.get(name), Plug)}
    if not trainers:
        return 0, {}
    try:
        gpus = {name: float(options_of(plug)["num_gpus"]) for name, plug in trainers.items()}
    except BadInput:
        return None, {}
    hours = dict.fromkeys(gpus, 0.0)
    finished = 0
    for entry in store.entries():
        phase = _PHASE.fullmatch(entry.name)
        if phase is None:
            continue
        with suppress(FileNotFoundError, ValueError, TypeError):
            facts = json.loads(store.read(entry.name))
            if isinstance(facts, dict) and facts.keys() >= _OF_TRAININGS:
                # Of the phases of a game, the verifier's and the provers' trainings have a trainer each.
                name = PROVER_TRAINER if PROVER_TRAINER in gpus and phase["phase"] != "verifier" else TRAINER
                hours[name] += float(facts["seconds"]) * gpus[name] / 3600
                finished += 1
    return finished, {name: round(amount, 6) for name, amount in hours.items()}
