"""Fine-tuning on the connected Ray: started, watched, started again after a death, gone at the end.

The folders of the job have to be the same for this process and the machine the trainer is placed on: on a disk that
all machines share, or in an object store.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, ObjectLostError, OutOfMemoryError, RayActorError, RayTaskError

from actors.calls import brief, original_error
from actors.trained_models.seal import finished
from actors.trainer import Trainer, trainer_options
from cluster.connect import nodes_of_cluster
from cluster.plan import Demand, PlannedNode, shortfall
from factory.errors import BadInput, TrainingFailed
from factory.interfaces import Say
from factory.self_training.training import Trained, TrainingJob
from factory.storage.access import Access

DIED = (RayActorError, OutOfMemoryError, ObjectLostError)
POLL_S = 0.5
# A trainer deep in a kernel answers late, but a lost call must not be waited for.
PROGRESS_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """Limits and listeners of one fine-tuning.

    Attributes:
      access: how to reach folders in an object store; None for the environment's way.
      timeout_s: seconds for the whole training, over all attempts.
      start_timeout_s: seconds that the trainer may wait for a place in the cluster.
      attempts: how often the trainer is started, all in all.
      say: hears a line when the trainer died and is started again.
      on_progress: hears every report of the trainer that differs from the one before.
      check: called about twice a second; may raise to stop the training.
    """

    timeout_s: float
    access: Access | None = None
    start_timeout_s: float = 900.0
    attempts: int = 3
    say: Say = lambda text: None
    on_progress: Callable[[dict[str, float]], None] = lambda report: None
    check: Callable[[], None] = lambda: None


def train(job: TrainingJob, kind: str, config: dict[str, Any], options: TrainingOptions) -> Trained:
    """Fine-tune as `job` says, unless its model is there already.

    Args:
      job: data, start model, output folder, seed.
      kind: name of the trainer plug-in.
      config: the trainer's own settings.
      options: limits and listeners.

    Returns:
      What came of it; the model lies in `job.out`.

    Raises:
      BadInput: the trainer refuses its settings.
      TrainingFailed: anything else. No process of the training is left then.
    """
    resources = trainer_options(kind, config)
    if done := finished(job.out):
        return done
    deadline = time.monotonic() + options.timeout_s
    # Not tenacity: every attempt has an actor of its own, and all of them share one deadline.
    for attempt in range(1, options.attempts + 1):
        actor = ray.remote(Trainer).options(**resources).remote()
        try:
            # Wait for a place in the cluster, with a time limit of its own.
            place_by = min(deadline, time.monotonic() + options.start_timeout_s)
            _wait(actor.__ray_ready__.remote(), place_by, options.check, _no_room(resources))

            # Train. A trainer that is started again goes on from its checkpoint.
            late = f"the training was not done after {options.timeout_s:g} s; raise its time limit, or train less"
            watch = _Watch(actor, options)
            return _wait(actor.run.remote(kind, config, job, options.access), deadline, watch.look, late)
        except DIED as error:
            if attempt == options.attempts:
                raise TrainingFailed(
                    f"the trainer died {attempt} times, the last time with {brief(error)}; it may need more memory: "
                    "lower trainer.batch_size or trainer.max_length, or give it a larger machine"
                ) from None
            options.say(f"the trainer died ({brief(error)}); starting it again from its last checkpoint")
        finally:
            ray.kill(actor)
    raise TrainingFailed(f"attempts is {options.attempts}; expected at least 1")


def trainer_demand(options: dict[str, Any]) -> Demand:
    """Return what a trainer with these Ray options asks of a cluster."""
    return Demand(role="trainer", count=1, cpus=options["num_cpus"], gpus=options["num_gpus"])


def check_room(options: dict[str, Any], nodes: list[PlannedNode]) -> None:
    """Raise `BadInput` when none of `nodes` could hold the trainer, were it empty."""
    if shortfall([trainer_demand(options)], nodes) is not None:
        raise BadInput(
            f"no node can hold the trainer: it needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on "
            f"one node; {len(nodes)} nodes have {sum(node.cpus for node in nodes):g} CPUs and "
            f"{sum(node.gpus for node in nodes):g} GPUs in all. Lower trainer.num_cpus or trainer.num_gpus, or add one."
        )


def _wait(ref: Any, deadline: float, look: Callable[[], None], late: str) -> Any:
    """Return the answer to `ref`, with a `look` every half second; raise `TrainingFailed(late)` after the deadline."""
    while True:
        look()
        try:
            return ray.get(ref, timeout=POLL_S)
        except GetTimeoutError:
            if time.monotonic() > deadline:
                raise TrainingFailed(late) from None
        except RayTaskError as error:
            raise original_error(error) from None


class _Watch:
    """Observer of a trainer: asks for progress, one call at a time, and never waits for the answer."""

    def __init__(self, actor: Any, options: TrainingOptions) -> None:
        self._actor, self._options = actor, options
        self._asked: Any = None
        self._since = 0.0
        self._last: dict[str, float] = {}

    def look(self) -> None:
        """Check whether to go on, and pass on a report that has come."""
        self._options.check()
        # One call is under way at a time, as a busy trainer would be flooded otherwise.
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
            self._options.on_progress(report)


def _no_room(options: dict[str, Any]) -> str:
    """Return what to say of a trainer that got no place."""
    nodes = nodes_of_cluster()
    free = ray.available_resources()
    return (
        f"no room for the trainer: it needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node; "
        f"{len(nodes)} nodes have {sum(node.cpus for node in nodes):g} CPUs and {sum(node.gpus for node in nodes):g} "
        f"GPUs in all, {free.get('CPU', 0):g} and {free.get('GPU', 0):g} of them free; "
        "lower trainer.num_cpus or trainer.num_gpus, or add a node"
    )
