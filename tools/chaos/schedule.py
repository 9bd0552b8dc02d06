"""Schedule of the kills of a chaos run. Pure: the same seed gives the same sequence.

A kill has a threshold instead of a time, the share of the run's units that have to be committed before it: so kills are
spread over the run however fast it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

DRIVER, WORKER, GENERATOR, CHECKER = "driver", "rollout worker", "generator", "answer checker"
CHECKER_PROCESS, WRITER, NODE, S3_SERVER = "checker process", "shard writer", "node", "s3 server"
NOTICE_S = 30.0
NODE_ADDED, NODE_DRAINED, NODE_PREEMPTED = "node added", "node drained", f"node preempted with {NOTICE_S:.0f} s notice"
"""Roles of a campaign in which nodes come and go (`node_events/walk.py`); there `NODE` is one killed without notice."""
WEIGHTS = {
    DRIVER: 2,
    WORKER: 3,
    GENERATOR: 3,
    CHECKER: 2,
    CHECKER_PROCESS: 2,
    WRITER: 3,
    NODE: 2,
    S3_SERVER: 2,
}
FIRST, LAST = 0.01, 0.97  # not before the first unit, and early enough for the last kill to be recovered from
DOWN_S = (1.0, 5.0)  # how long a killed server stays down


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """Kill to make. `threshold`: share of units committed before it. `draw`: in [0, 1), picks among victims."""

    threshold: float
    role: str
    draw: float

    @property
    def down_s(self) -> float:
        """Seconds that a server stays down before it is started again."""
        shortest, longest = DOWN_S
        return shortest + self.draw * (longest - shortest)


def weights(storage: str) -> dict[str, int]:
    """Return the roles that can be killed in a run that writes to `storage` ("local" or "s3"), with their weights."""
    return {role: weight for role, weight in WEIGHTS.items() if role != S3_SERVER or storage == "s3"}


def schedule(kills: int, roles: Mapping[str, int], seed: int, room: float = 0.0) -> list[Kill]:
    """`kills` kills by rising threshold. Roles are drawn by weight, after each had half of an equal share.

    `room` is the share of units that is left over for each of the kills to come, so that the run outlasts them all.
    """
    if not 0 <= room * kills <= 1 - FIRST:
        raise ValueError(f"{kills} kills with {room:g} of the run for each: expected at most {1 - FIRST:g} in all")
    rng = Random(seed)
    sure = [role for role in roles for _ in range(kills // (2 * len(roles)))]
    drawn = rng.choices(list(roles), weights=list(roles.values()), k=kills - len(sure))
    order = [*sure, *drawn]
    rng.shuffle(order)
    thresholds = sorted(rng.uniform(FIRST, LAST) for _ in range(kills))
    return [
        Kill(threshold=min(threshold, 1 - (kills - at) * room), role=role, draw=rng.random())
        for at, (threshold, role) in enumerate(zip(thresholds, order, strict=True))
    ]
