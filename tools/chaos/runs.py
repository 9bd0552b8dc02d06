"""Runs of a chaos test: their config, and the undisturbed run of the same config that they are compared with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factory.errors import FactoryError
from tools.chaos.drivers import finish
from tools.chaos.kills import FLEET
from tools.chaos.ledger import Ledger, LedgerRow, differences, digest, latest, read, timeless
from tools.chaos.schedule import CHECKER, GENERATOR, WORKER, WRITER
from tools.chaos.storage import ChaosFolder, local

PROBES = 3
ROUNDS = 1 + PROBES  # of requests one after the other, for a question that needs them all
WINDOW = 4  # units in flight under fire
UNDISTURBED_S = 3600.0
EXAMPLES = 20


def config(questions: int, unit_size: int, latency_s: float) -> dict[str, Any]:
    """Return a config of small questions with all that a real run has; labels do not depend on the order of work.

    Args:
      questions: how many.
      unit_size: questions per unit.
      latency_s: seconds that the simulated engine takes for a request.
    """
    return {
        "pipeline": "label_steps",
        "model": "none",
        "run": {"unit_size": unit_size, "learn": False},
        "source": {"kind": "simulated", "n": questions},
        "prompt": {"template": "zero_shot_cot"},
        "engine": {"kind": "simulated", "steps": 4, "words": 3, "p": 0.85, "latency_s": latency_s},
        "search": {"method": "sample", "n": 4},
        "supervision": {"method": "bayes_bisection", "max_probes": PROBES},
        # No fast path: every check goes to the pool's processes.
        "checker": {"kind": "regex", "timeout_s": 20.0},
        "cluster": {
            "generators": FLEET[GENERATOR],
            "workers": FLEET[WORKER],
            "checkers": FLEET[CHECKER],
            "writers": FLEET[WRITER],
            "checker_processes": 2,
            "units_in_flight": WINDOW,
            "request_timeout_s": 120.0,
            "start_timeout_s": 120.0,
            "attempts": 20,
            # So that most units keep questions while they are under way.
            "spool_s": 0.5,
        },
    }


def latency_for(units: int, kills: int, seconds_per_kill: float) -> float:
    """Return an engine latency with which the run takes `seconds_per_kill` of undisturbed work for every kill.

    Args:
      units: units of the run.
      kills: kills to make.
      seconds_per_kill: seconds of work between two kills.
    """
    return round(seconds_per_kill * kills / units * WINDOW / ROUNDS, 3)


def undisturbed(config_file: Path, folder: Path, address: str, *overrides: str) -> dict[str, str]:
    """Run the same config undisturbed on the Ray at `address`; return the digest of each row, by question id."""
    log = folder / "undisturbed.log"
    wide = [f"run.dir={folder / 'undisturbed'}", f"cluster.address={address}", "cluster.units_in_flight=64", *overrides]
    if code := finish(["run", str(config_file), *wide], log, UNDISTURBED_S):
        raise FactoryError(f"the undisturbed run ended with {code}: {log.read_text(encoding='utf-8')[-500:]}")
    return {question: digest(row) for question, row in rows_of(local(folder / "undisturbed")).items()}


def rows_of(folder: ChaosFolder) -> dict[str, LedgerRow]:
    """Return the rows of a run folder, by question."""
    return {row["question_id"]: row for name in latest(folder.names()) for row in read(folder.read(name))}


def audit(ledger: Ledger, ours: ChaosFolder, theirs: ChaosFolder, expected: Mapping[str, str]) -> None:
    """Read every object once more, and add what is wrong with the run to the ledger's faults.

    Args:
      ledger: objects that were seen so far.
      ours: folder of the run under fire.
      theirs: folder of the undisturbed run.
      expected: digests of the latter's rows, by question.
    """
    final = ours.names()
    ledger.see_again({name: ours.read(name) for name in final})
    ledger.account(final, expected)
    ledger.faults["leftovers"] += ours.leftovers()
    explain(ledger, ours, theirs)


def explain(ledger: Ledger, ours: ChaosFolder, theirs: ChaosFolder) -> None:
    """Add the first differences of rows to the ledger's faults, where both rows can be read.

    Args:
      ledger: faults to explain.
      ours: folder of the run under fire.
      theirs: folder of the undisturbed run.
    """
    differing = ledger.faults["differs_from_undisturbed"]
    if not differing or ledger.faults["partial"]:
        return
    here, there = rows_of(ours), rows_of(theirs)
    for at, question in enumerate(differing[:EXAMPLES]):
        changes = list(differences(timeless(here[question]), timeless(there[question])))
        differing[at] = f"{question}: {'; '.join(changes[:3])}"


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)
