"""Inventory of a cluster that is not there: nodes as a user writes them down for `factory plan --nodes`.

64x8xH100            64 nodes with 8 H100 and 96 CPUs each (12 for a GPU)
64x8xH100x128        the same with 128 CPUs
4x0x-x16             4 nodes without GPUs
8x8xH100+4x0x-x32    both kinds
nodes.yaml           a list of {count, gpus, gpu_type, cpus, gpu_memory_gb}
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from cluster.plan import Placement, PlannedNode
from factory.errors import BadInput

CPUS_PER_GPU = 12
"""CPUs of a node for each of its GPUs where nobody says how many it has: a guess."""
MOST_NODES = 10_000
"""Most nodes of an inventory."""

# Memory of a GPU in GB, as its vendor states it.
GPU_MEMORY_GB = {"H100": 80, "H200": 141, "A100": 80, "L40S": 48, "L4": 24, "A10G": 24}

_ITEM = re.compile(r"([0-9]{1,9})x([0-9]{1,9})x([A-Za-z0-9_-]+?)(?:x([0-9]{1,9}))?")
_EXPECTED = (
    "Expected COUNTxGPUSxTYPE or COUNTxGPUSxTYPExCPUS, such as 64x8xH100 or 4x0x-x16 (no GPUs, 16 CPUs), several "
    "joined by +; or a YAML file with a list of {count, gpus, gpu_type, cpus, gpu_memory_gb}."
)
_KEYS = ("count", "gpus", "gpu_type", "cpus", "gpu_memory_gb")


def nodes_from(text: str) -> list[PlannedNode]:
    """Return the nodes that a text describes, or the YAML file that it names. Raises `BadInput`."""
    path = Path(text)
    if path.suffix in (".yaml", ".yml"):
        return read_nodes(path)
    return parse_nodes(text)


def parse_nodes(text: str) -> list[PlannedNode]:
    """Return the nodes that a text such as 64x8xH100+4x0x-x16 describes. Raises `BadInput`."""
    nodes: list[PlannedNode] = []
    for item in text.split("+"):
        match = _ITEM.fullmatch(item.strip())
        if match is None:
            raise BadInput(f"--nodes holds {item!r}, which is no kind of node. {_EXPECTED}")
        count, gpus, gpu_type, cpus = match.groups()
        values = {"count": int(count), "gpus": int(gpus), "gpu_type": gpu_type, "cpus": cpus and int(cpus)}
        nodes += _alike(values, f"--nodes {item.strip()}")
    return _few_enough(nodes)


def read_nodes(path: Path) -> list[PlannedNode]:
    """Return the nodes that a YAML file lists. Raises `BadInput`."""
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path} cannot be read as YAML: {' '.join(str(error).split())[:200]}. {_EXPECTED}") from None
    if not isinstance(listed, list) or not listed or not all(isinstance(item, dict) for item in listed):
        raise BadInput(f"{path} holds no list of kinds of nodes. {_EXPECTED}")
    return _few_enough([node for at, item in enumerate(listed) for node in _alike(item, f"{path}, entry {at + 1}")])


def _alike(values: dict[str, Any], where: str) -> list[PlannedNode]:
    """Return the nodes of one kind. Raises `BadInput`, which names `where` it is described."""
    unknown = [key for key in values if key not in _KEYS]
    if unknown:
        raise BadInput(f"{where} has the key {unknown[0]!r}. Expected {', '.join(_KEYS)}.")
    count, gpus, memory = values.get("count", 1), values.get("gpus", 0), values.get("gpu_memory_gb", 0)
    cpus = values.get("cpus")
    cpus = CPUS_PER_GPU * gpus if cpus is None and _is_amount(gpus) else cpus
    if not (isinstance(count, int) and _is_amount(count) and 1 <= count <= MOST_NODES):
        raise BadInput(f"{where} says {count!r} nodes. Expected 1 to {MOST_NODES:,}.")
    if not (_is_amount(gpus) and _is_amount(cpus) and _is_amount(memory)):
        raise BadInput(f"{where} says {gpus!r} GPUs, {cpus!r} CPUs and {memory!r} GB. Expected numbers from 0 on.")
    if not cpus:
        raise BadInput(f"{where} has no CPUs, and no GPUs to guess them from. Expected a number of CPUs. {_EXPECTED}")
    gpu_type = str(values.get("gpu_type") or "").strip("-").upper() if gpus else ""
    memory = memory or GPU_MEMORY_GB.get(gpu_type, 0)
    return [PlannedNode(cpus=cpus, gpus=gpus, gpu_type=gpu_type, gpu_memory_gb=memory)] * count


def _few_enough(nodes: list[PlannedNode]) -> list[PlannedNode]:
    if len(nodes) > MOST_NODES:
        raise BadInput(f"--nodes says {len(nodes):,} nodes. Expected at most {MOST_NODES:,}.")
    return nodes


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def placement_lines(made: Placement, nodes: Sequence[PlannedNode]) -> list[str]:
    """Return a plan as lines, nodes with equal loads folded: "12 × (8 H100, 96 CPUs): 2 generators, 1 rollout worker".

    Args:
      made: who goes where.
      nodes: the nodes that it was made for.
    """
    loads: list[dict[tuple[str, int], int]] = [{} for _ in nodes]
    for actor in made.placed:
        for at in actor.nodes:
            part = (actor.role, len(actor.nodes))
            loads[at][part] = loads[at].get(part, 0) + 1
    kinds = Counter((_kind(node), tuple(load.items())) for node, load in zip(nodes, loads, strict=True))
    lines = []
    for (kind, load), count in kinds.items():
        held = ", ".join(_amount(number, role, parts) for (role, parts), number in load)
        lines.append(f"{count} × {kind}: {held or 'nothing'}")
    return lines


def _amount(number: int, role: str, parts: int) -> str:
    if parts > 1:
        return f"{number} part{'s' * (number > 1)} of {role}s over {parts} nodes"
    return f"{number} {role}{'s' * (number > 1)}"


def _kind(node: PlannedNode) -> str:
    gpus = f"{node.gpus:g} {node.gpu_type or 'GPUs'}, " if node.gpus else ""
    return f"{'head ' * node.head}({gpus}{node.cpus:g} CPUs{', leaving' * node.leaving})"
