"""Run in which nodes come and go, from the undisturbed run to the figures.

The run has more work than the events take. When the last of them is over, it is asked to end as by a first Ctrl-C, and
resumed with an engine that takes no time: so a campaign is as long as its events, however fast the machine is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from pipelines.run.attempts import attempts_in
from tools.chaos.cluster import nodes
from tools.chaos.drivers import Drivers, finish
from tools.chaos.ledger import Ledger
from tools.chaos.node_events.campaign import NodeCampaign
from tools.chaos.node_events.events import deaths, faults, undue
from tools.chaos.node_events.walk import LEAST, LEAVES, MOST, walk
from tools.chaos.processes import family, of_a_fleet
from tools.chaos.report import recoveries
from tools.chaos.runs import EXAMPLES, audit, config, say, undisturbed
from tools.chaos.schedule import NODE_ADDED
from tools.chaos.storage import local

RECORDED = "tools.chaos.node_events.recorded"
# One engine fits a node; all hands do, so that those of a dead node have room wherever another is.
SIZE = {"num_cpus": 4, "num_gpus": 1}
SLOTS, TOKEN_S = 4, 0.1
# An engine that takes no time, for any number of samples.
AT_ONCE = ("engine.token_s=0", "engine.slots=0")
# Seconds for which the run finishes what is under way when it is asked to end, and for which it may go on then.
GRACE_S, END_S = 120.0, 240.0
RESUME_S = 900.0
# Seconds after the end of a run within which all its actors are gone.
GONE_S = 20.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a campaign.

    Attributes:
      questions: how many in all.
      unit_size: questions per unit.
      events: events to make.
      pace_s: seconds from one to the next, at least.
      limit_s: seconds after which no further one is made.
    """

    questions: int
    unit_size: int
    events: int
    pace_s: float
    limit_s: float = math.inf

    @property
    def units(self) -> int:
        """Units of the run."""
        return -(-self.questions // self.unit_size)


def node_config(sizes: Sizes) -> dict[str, Any]:
    """Return a config of small questions on engines of which one fits a node, as many as there are nodes."""
    plain = config(sizes.questions, sizes.unit_size, 0.0)
    engine = plain["engine"] | {"kind": RECORDED, "slots": SLOTS, "token_s": TOKEN_S, "num_gpus": 1}
    cluster = plain["cluster"] | {
        "generators": {"min": LEAST, "max": MOST},
        "workers": 0,
        "checkers": 1,
        "writers": 1,
        "checker_processes": 1,
        "units_in_flight": 0,
    }
    return plain | {"run": plain["run"] | {"grace_s": GRACE_S}, "engine": engine, "cluster": cluster}


def node_chaos(sizes: Sizes, seed: int, folder: Path) -> dict[str, Any]:
    """Run everything in `folder`, and return the figures.

    Args:
      sizes: questions and events.
      seed: seed of the walk.
      folder: folder to work in.
    """
    config_file, record = folder / "config.yaml", folder / "answers.jsonl"
    OmegaConf.save(OmegaConf.create(node_config(sizes)), config_file)
    run_folder, ledger, turns = local(folder / "run"), Ledger(), walk(sizes.events, seed)
    with nodes(workers=LEAST, size=SIZE) as ray_nodes:
        say(f"{sizes.units:,} units; the undisturbed run first")
        joined = f"cluster.address={ray_nodes.address}"
        expected = undisturbed(config_file, folder, ray_nodes.address, *AT_ONCE)
        started = time.monotonic()
        first = ["run", str(config_file), f"run.dir={run_folder.url}", joined, f"engine.record={record}"]
        resume = ["resume", run_folder.url, joined]
        drivers = Drivers(first, resume, folder)
        paces = (sizes.pace_s, sizes.limit_s)
        campaign = NodeCampaign(sizes.units, turns, *paces, ray_nodes, drivers, run_folder, ledger, record, say)
        try:
            campaign.run()
            seconds = time.monotonic() - started
            say(f"{len(campaign.events)} events in {seconds:.0f} s; finishing the run without any")
            if not drivers.end(END_S):
                campaign.hangs.append(f"the run did not end within {END_S:.0f} s of being asked to")
            campaign.look()
        finally:
            drivers.stop()
        if code := finish([*resume, *AT_ONCE, "cluster.units_in_flight=64"], folder / "last_resume.log", RESUME_S):
            campaign.hangs.append(f"the last resume ended with {code}")
        left = left_over(GONE_S)
        say("reading every object once more")
        audit(ledger, run_folder, local(folder / "undisturbed"), expected)
    logs = [log for log, _ in attempts_in(run_folder.store)]
    return {
        "storage": "local",
        "seed": seed,
        "questions": sizes.questions,
        "units": sizes.units,
        "seconds": round(seconds, 1),
        **figures(campaign, logs, sizes.unit_size, {"processes_left": left}),
    }


def figures(
    campaign: NodeCampaign, logs: Sequence[Mapping[str, Any]], unit_size: int, more: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Return what came of a campaign, faults included.

    Args:
      campaign: the campaign, which is over.
      logs: logs of the run's attempts.
      unit_size: questions per unit.
      more: further faults, lines by kind.
    """
    moved, retried = (sum(log.get(name, 0) for log in logs) for name in ("moved", "retried"))
    twice = campaign.answers.done_twice(deaths(campaign.events, campaign.on))
    errors = campaign.drivers.errors
    wrong = {**campaign.ledger.faults, **faults(campaign.events, campaign.turns), **more}
    wrong["not_recovered"] += campaign.hangs + errors
    wrong["done_twice"] = undue(len(twice), moved, retried, unit_size)
    return {
        "kills": len(campaign.events),
        "attempts": len(logs),
        "attempts_ended_with_an_error": len(errors),
        "nodes_used_at_a_time": campaign.most_used,
        "answers": campaign.answers.number,
        "questions_moved": moved,
        "units_lost_with_their_worker": retried,
        "questions_worked_on_twice": len(twice),
        "roles": recoveries([NODE_ADDED, *LEAVES], [(event.role, event.seconds) for event in campaign.events]),
        "faults": {kind: len(lines) for kind, lines in wrong.items()},
        "examples": {kind: lines[:EXAMPLES] for kind, lines in wrong.items() if lines},
        "errors": errors[:EXAMPLES],
    }


def left_over(seconds: float) -> list[str]:
    """Return the actors of a run that has ended, and their processes, that are still there after so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := of_a_fleet(family())) and time.monotonic() < deadline:
        time.sleep(0.2)
    return [process.title for process in left]
