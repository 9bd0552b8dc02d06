"""Shape of an engine: over how many nodes it lies, and what each of its parts asks of one. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from factory.errors import BadInput


@dataclass(frozen=True, slots=True)
class EngineShape:
    """Parts of one engine, each on a node of its own.

    Attributes:
      nodes: number of parts; 1 is an engine on one node.
      cpus, gpus: what each part asks of its node.
    """

    nodes: int
    cpus: float
    gpus: float


def engine_shape(*, cpus: float, gpus: float, parts: int, nodes: int, most_gpus: float) -> EngineShape:
    """Return how an engine lies: on one node where it fits there, else over as few as it needs.

    Args:
      cpus: CPUs of the whole engine; every node gets an equal share.
      gpus: GPUs of the whole engine.
      parts: processes that the model is split into (tensor times pipeline parallelism); as many go to every node.
      nodes: number that the config says; 0 leaves it to this function.
      most_gpus: GPUs of the largest node there is; 0 where that is unknown or there are none.

    Raises:
      BadInput: the parts cannot be spread evenly over so many nodes.
    """
    if nodes < 0:
        raise BadInput(f"engine.nodes is {nodes}. Expected 0 or more.")
    wanted = nodes or (1 if not most_gpus or gpus <= most_gpus else math.ceil(gpus / most_gpus))
    if wanted > 1 and (parts % wanted or gpus % wanted):
        why = f"engine.nodes is {nodes}" if nodes else f"nodes have at most {most_gpus:g} GPUs, so it needs {wanted}"
        raise BadInput(
            f"an engine of {parts} parts on {gpus:g} GPUs cannot lie evenly over {wanted} nodes ({why}). Expected "
            "tensor_parallel_size · pipeline_parallel_size and num_gpus to be multiples of the number of nodes."
        )
    return EngineShape(wanted, cpus / wanted, gpus / wanted)
