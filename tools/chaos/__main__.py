"""Run of the factory under SIGKILL: driver, actors, checker processes, nodes and the S3 server die at random.

    python -m tools.chaos --questions 2000 --kills 30 --seed 1 --storage local --json chaos.json
    python -m tools.chaos --questions 2000 --kills 30 --seed 1 --storage s3 --faults 0.02 --json chaos.json

Shows that nothing is lost: the engine is simulated, the same config is run undisturbed first, and in the end both
folders hold the same rows. Exit status 1 when a question is lost, doubled, failed or different, when an object is
partial or was changed after its commit, when something is left over, or when a kill was not made or not recovered from.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console

from factory.errors import FactoryError
from tools.chaos.campaign import Campaign
from tools.chaos.cluster import nodes
from tools.chaos.drivers import Drivers, finish
from tools.chaos.kills import FLEET
from tools.chaos.ledger import Ledger, LedgerRow, differences, digest, latest, read, timeless
from tools.chaos.report import faultless, recoveries, show
from tools.chaos.schedule import CHECKER, GENERATOR, WORKER, WRITER, schedule, weights
from tools.chaos.storage import ChaosFolder, local, opened

PROBES = 3
ROUNDS = 1 + PROBES  # of requests one after the other, for a question that needs them all
WINDOW = 4  # units in flight under fire
UNDISTURBED_S = 3600.0
LAST_RESUME_S = 600.0
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


def undisturbed(config_file: Path, folder: Path, address: str) -> dict[str, str]:
    """Run the same config undisturbed on the Ray at `address`; return the digest of each row, by question id."""
    log = folder / "undisturbed.log"
    wide = [f"run.dir={folder / 'undisturbed'}", f"cluster.address={address}", "cluster.units_in_flight=64"]
    if code := finish(["run", str(config_file), *wide], log, UNDISTURBED_S):
        raise FactoryError(f"the undisturbed run ended with {code}: {log.read_text(encoding='utf-8')[-500:]}")
    return {question: digest(row) for question, row in rows_of(local(folder / "undisturbed")).items()}


def rows_of(folder: ChaosFolder) -> dict[str, LedgerRow]:
    """Return the rows of a run folder, by question."""
    return {row["question_id"]: row for name in latest(folder.names()) for row in read(folder.read(name))}


def chaos(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run everything in `folder`, and return the figures."""
    units = -(-arguments.questions // arguments.unit_size)
    latency_s = latency_for(units, arguments.kills, arguments.seconds_per_kill)
    config_file = folder / "config.yaml"
    OmegaConf.save(OmegaConf.create(config(arguments.questions, arguments.unit_size, latency_s)), config_file)
    kills = schedule(arguments.kills, weights(arguments.storage), arguments.seed, room=WINDOW / units)
    with (
        opened(arguments.storage, folder, arguments.faults, arguments.seed) as run_folder,
        nodes() as ray_nodes,
    ):
        say(f"{units:,} units, engine latency {latency_s} s; the undisturbed run first")
        expected = undisturbed(config_file, folder, ray_nodes.address)
        started = time.monotonic()
        resume = ["resume", run_folder.url, f"cluster.address={ray_nodes.address}"]
        first = ["run", str(config_file), f"run.dir={run_folder.url}", f"cluster.address={ray_nodes.address}"]
        drivers, ledger = Drivers(first, resume, folder), Ledger()
        campaign = Campaign(units, kills, ray_nodes, drivers, run_folder, ledger, run_folder.server, say)
        try:
            campaign.run()
        finally:
            drivers.stop()
        if drivers.complete and (code := finish(resume, folder / "last_resume.log", LAST_RESUME_S)):
            campaign.hangs.append(f"the last resume ended with {code}")
        seconds = time.monotonic() - started
        say("reading every object once more")
        final = run_folder.names()
        ledger.see_again({name: run_folder.read(name) for name in final})
        ledger.account(final, expected)
        ledger.faults["leftovers"] += run_folder.leftovers()
        explain(ledger, run_folder, local(folder / "undisturbed"))
        spoiled = run_folder.proxy.counts if run_folder.proxy else {}
    faults = {**ledger.faults, **campaign.faults}
    return {
        "storage": arguments.storage,
        "seed": arguments.seed,
        "questions": arguments.questions,
        "units": units,
        "kills": len(campaign.wounds),
        "attempts": drivers.started,
        "attempts_ended_with_an_error": len(drivers.errors),
        "seconds": round(seconds, 1),
        "latency_s": latency_s,
        "spoiled_requests": spoiled,
        "roles": recoveries(list(weights(arguments.storage)), campaign.recoveries),
        "faults": {kind: len(lines) for kind, lines in faults.items()},
        "examples": {kind: lines[:EXAMPLES] for kind, lines in faults.items() if lines},
        "errors": drivers.errors[:EXAMPLES],
    }


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


@contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """Open a block with the folder to work in; a temporary one when none is given."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="chaos-") as temporary:
        yield Path(temporary)


def main(argv: list[str] | None = None) -> int:
    """Run the test from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the kills")
    parser.add_argument("--storage", choices=("local", "s3"), default="local")
    parser.add_argument("--faults", type=float, default=0.0, help="share of S3 requests that a proxy spoils")
    parser.add_argument("--unit-size", type=int, default=16, help="questions per object")
    parser.add_argument("--seconds-per-kill", type=float, default=7.0, help="of undisturbed work: the pace")
    parser.add_argument("--keep", type=Path, help="an empty folder for run folders and logs; a temporary one without")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args(argv)
    units = -(-arguments.questions // arguments.unit_size)
    if not 0 < arguments.kills <= (most := units // (WINDOW + 1)):
        parser.error(f"--kills is {arguments.kills}: expected 1 to {most}, as there are {units} units")
    if arguments.storage == "local" and arguments.faults:
        parser.error("--faults needs --storage s3: only a server's answers can be spoiled")
    if arguments.keep is not None and arguments.keep.exists() and any(arguments.keep.iterdir()):
        parser.error(f"--keep {arguments.keep} holds something; expected a new or an empty folder")
    # Both ends the same way: everything is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with kept(arguments.keep) as folder:
        figures = chaos(arguments, folder)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures, Console(highlight=False))
    return 0 if faultless(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
