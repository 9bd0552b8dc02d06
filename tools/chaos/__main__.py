"""Run of the factory under SIGKILL: driver, actors, checker processes, nodes and the S3 server die at random.

    python -m tools.chaos --questions 2000 --kills 30 --seed 1 --storage local --json chaos.json
    python -m tools.chaos --questions 2000 --kills 30 --seed 1 --storage s3 --faults 0.02 --json chaos.json
    python -m tools.chaos --roles nodes --kills 112 --seed 1 --json nodes.json

Shows that nothing is lost: the engine is simulated, the same config is run undisturbed first, and in the end both
folders hold the same rows. Exit status 1 when a question is lost, doubled, failed or different, when an object is
partial or was changed after its commit, when something is left over, or when a kill was not made or not recovered from.
With --roles nodes, nodes are added, drained, preempted with notice and killed (`node_events/run.py`).
"""

from __future__ import annotations

import argparse
import json
import math
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

from tools.chaos.campaign import Campaign
from tools.chaos.cluster import nodes
from tools.chaos.drivers import Drivers, finish
from tools.chaos.ledger import Ledger
from tools.chaos.node_events.run import Sizes, node_chaos
from tools.chaos.report import faultless, recoveries, show
from tools.chaos.runs import EXAMPLES, WINDOW, audit, config, latency_for, say, undisturbed
from tools.chaos.schedule import schedule, weights
from tools.chaos.storage import local, opened

LAST_RESUME_S = 600.0
ALL, NODES = "all", "nodes"
"""Roles of a campaign: everything that can die, one after the other; or nodes, which also come and leave."""


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
        audit(ledger, run_folder, local(folder / "undisturbed"), expected)
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
    arguments = parsed(argv)
    # Both ends the same way: everything is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with kept(arguments.keep) as folder:
        if arguments.roles == NODES:
            sizes = (arguments.questions, arguments.unit_size, arguments.kills, arguments.seconds_per_kill)
            figures = node_chaos(Sizes(*sizes, 60 * arguments.minutes), arguments.seed, folder)
        else:
            figures = chaos(arguments, folder)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(figures, Console(highlight=False))
    return 0 if faultless(figures) else 1


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line, those that were left out filled in. Ends where they make no sense."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roles", choices=(ALL, NODES), default=ALL, help="all that can die, or nodes come and go")
    parser.add_argument("--questions", type=int, help="2,000; for nodes 15 per event")
    parser.add_argument("--kills", type=int, default=30, help="kills, or events of nodes")
    parser.add_argument("--seed", type=int, default=0, help="of the kills")
    parser.add_argument("--storage", choices=("local", "s3"), default="local")
    parser.add_argument("--faults", type=float, default=0.0, help="share of S3 requests that a proxy spoils")
    parser.add_argument("--unit-size", type=int, help="questions per object: 16; for nodes 4")
    parser.add_argument(
        "--seconds-per-kill", type=float, help="the pace: of undisturbed work, 7; for nodes from one to the next, 3"
    )
    parser.add_argument("--minutes", type=float, default=math.inf, help="for nodes: no further event is made then")
    parser.add_argument("--keep", type=Path, help="an empty folder for run folders and logs; a temporary one without")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args(argv)
    of_nodes = arguments.roles == NODES
    defaults = (15 * arguments.kills, 4, 3.0) if of_nodes else (2000, 16, 7.0)
    for name, value in zip(("questions", "unit_size", "seconds_per_kill"), defaults, strict=True):
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    units = -(-arguments.questions // arguments.unit_size)
    most = units if of_nodes else units // (WINDOW + 1)
    if not 0 < arguments.kills <= most:
        parser.error(f"--kills is {arguments.kills}: expected 1 to {most}, as there are {units} units")
    if of_nodes and arguments.storage != "local":
        parser.error("--roles nodes writes to a local folder: expected --storage local")
    if arguments.storage == "local" and arguments.faults:
        parser.error("--faults needs --storage s3: only a server's answers can be spoiled")
    if arguments.keep is not None and arguments.keep.exists() and any(arguments.keep.iterdir()):
        parser.error(f"--keep {arguments.keep} holds something; expected a new or an empty folder")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
