"""One fine-tuning on the connected Ray: started, watched, taken up again after a death, gone at the end.

The folders of the job have to be the same for this process and the machine the trainer is placed on: on a disk that
all machines share, or in an object store.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, ObjectLostError, OutOfMemoryError, RayActorError, RayTaskError

from actors.remote_models import brief, plain
from actors.trained_models.seal import finished
from actors.trainer import Trainer, trainer_options
from cluster.connect import nodes_of_cluster
from cluster.plan import Demand, PlannedNode, shortfall
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import Trained, TrainingJob
from factory.storage.access import Access

DIED = (RayActorError, OutOfMemoryError, ObjectLostError)
POLL_S = 0.5
PROGRESS_S = 30.0  # a trainer deep in a kernel answers late, but a lost call must not be waited for


def train(
    job: TrainingJob,
    kind: str,
    config: dict[str, Any],
    *,
    access: Access | None = None,
    timeout_s: float,
    start_timeout_s: float = 900.0,
    attempts: int = 3,
    say: Callable[[str], None] = lambda text: None,
    on_progress: Callable[[dict[str, float]], None] = lambda report: None,
    check: Callable[[], None] = lambda: None,
) -> Trained:
    """The model fine-tuned as `job` says, in `job.out`; at once when it is there.

    `check` is called about twice a second and may raise to stop the training. `on_progress` gets every report that
    differs from the one before. A trainer that died is started again, `attempts` times in all, and goes on from its
    checkpoint. Raises `BadInput` for settings, `TrainingFailed` for all else; then no process of it is left.
    """
    options = trainer_options(kind, config)
    if done := finished(job.out):
        return done
    deadline = time.monotonic() + timeout_s
    for attempt in range(1, attempts + 1):
        actor = ray.remote(Trainer).options(**options).remote()
        try:
            _wait(
                actor.__ray_ready__.remote(), min(deadline, time.monotonic() + start_timeout_s), check, _waits(options)
            )
            late = f"the training was not done after {timeout_s:g} s; raise its time limit, or train less"
            watch = _Watch(actor, on_progress)

            def look(watch: _Watch = watch) -> None:
                check()
                watch.look()

            return _wait(actor.run.remote(kind, config, job, access), deadline, look, late)
        except DIED as error:
            if attempt == attempts:
                raise TrainingFailed(
                    f"the trainer died {attempts} times, the last time with {brief(error)}; it may need more memory: "
                    "lower trainer.batch_size or trainer.max_length, or give it a larger machine"
                ) from None
            say(f"the trainer died ({brief(error)}); starting it again from its last checkpoint")
        finally:
            ray.kill(actor)
    raise TrainingFailed(f"attempts is {attempts}; expected at least 1")


def trainer_demand(options: dict[str, Any]) -> Demand:
    """What a trainer with these Ray options asks of a cluster."""
    return Demand(role="trainer", count=1, cpus=options["num_cpus"], gpus=options["num_gpus"])


def check_room(options: dict[str, Any], nodes: list[PlannedNode]) -> None:
    """Raises `BadInput` when none of `nodes` could hold the trainer, were it empty."""
    if shortfall([trainer_demand(options)], nodes) is not None:
        raise BadInput(
            f"no node can hold the trainer: it needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on "
            f"one node; {len(nodes)} nodes have {sum(node.cpus for node in nodes):g} CPUs and "
            f"{sum(node.gpus for node in nodes):g} GPUs in all. Lower trainer.num_cpus or trainer.num_gpus, or add one."
        )


def _wait(ref: Any, deadline: float, look: Callable[[], None], late: str) -> Any:
    """The answer to `ref`, with a `look` every half second. Raises `TrainingFailed(late)` after the deadline."""
    while True:
        look()
        try:
            return ray.get(ref, timeout=POLL_S)
        except GetTimeoutError:
            if time.monotonic() > deadline:
                raise TrainingFailed(late) from None
        except RayTaskError as error:
            raise plain(error) from None


class _Watch:
    """Asks for progress, one call at a time, and never waits for the answer."""

    def __init__(self, actor: Any, on_progress: Callable[[dict[str, float]], None]) -> None:
        self._actor, self._on_progress = actor, on_progress
        self._asked: Any = None
        self._since = 0.0
        self._last: dict[str, float] = {}

    def look(self) -> None:
        if self._asked is None:
            self._asked, self._since = self._actor.progress.remote(), time.monotonic()
            return
        answered, _ = ray.wait([self._asked], timeout=0)
        if not answered:
            if time.monotonic() - self._since > PROGRESS_S:
                self._asked = None
            return
        [ref], self._asked = answered, None
        report = ray.get(ref)
        if report != self._last:
            self._last = report
            self._on_progress(report)


def _waits(options: dict[str, Any]) -> str:
    nodes = nodes_of_cluster()
    free = ray.available_resources()
    return (
        f"no room for the trainer: it needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node; "
        f"{len(nodes)} nodes have {sum(node.cpus for node in nodes):g} CPUs and {sum(node.gpus for node in nodes):g} "
        f"GPUs in all, {free.get('CPU', 0):g} and {free.get('GPU', 0):g} of them free; "
        "lower trainer.num_cpus or trainer.num_gpus, or add a node"
    )
