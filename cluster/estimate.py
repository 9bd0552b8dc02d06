"""Estimate of what a plan would make in an hour, and of the memory of its engines: each number with its source. Pure.

It is arithmetic on published figures, not a measurement: a hundred questions on the real thing tell more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cluster.model_size import ModelSize

# Tokens per second of one H100, by billions of (active) parameters: datatrove's benchmark, vLLM 0.15, of
# SmolLM2-135M, Qwen3-4B, Qwen3-8B and Qwen3-32B.
H100_TOKENS = ((0.135, 28_391.0), (4.0, 8_086.0), (8.0, 6_443.0), (32.0, 2_078.0))
# Memory bandwidth in TB/s, as the vendor states it for the variant with most of it.
BANDWIDTH = {"H100": 3.35, "H200": 4.8, "A100": 2.04, "L40S": 0.864, "L4": 0.3, "A10G": 0.6}
# Share of the speed in the benchmark that the low end of an estimate assumes.
LOW = 0.5
# Share of a GPU's memory that vLLM 0.32 takes where the config says nothing.
UTILIZATION = 0.92

SOURCES = (
    "tokens/s: datatrove's benchmark of one H100 (vLLM 0.15; SmolLM2-135M 28,391, Qwen3-4B 8,086, Qwen3-8B 6,443, "
    "Qwen3-32B 2,078), in between by the size of the model, for other GPUs by their memory bandwidth, for several GPUs "
    "times their number",
    f"range: from {LOW:g} of that speed, an assumption for engines that are not always full and GPUs that wait for "
    "each other, to all of it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLoad:
    """Engines of one role, and what a question asks of them.

    Attributes:
      role: name for messages, such as "generator".
      engines: engines that have a place, by the type of their GPUs ("" where it is unknown).
      gpus: GPUs that each computes on, over all its nodes; a part of one where it shares it.
      size: size of their model.
      tokens: tokens that a question makes them write; None where nobody knows that before a run.
      tokens_source: phrase that says where `tokens` is from.
      gpu_memory_gb: memory of a GPU by type; a type that is missing is unknown.
      utilization: share of the memory of each of its GPUs that an engine takes.
      longest: tokens of prompt and answer that it has to have room for; 0 where that is unknown.
    """

    role: str
    engines: Mapping[str, int]
    gpus: float
    size: ModelSize
    tokens: float | None
    tokens_source: str = ""
    gpu_memory_gb: Mapping[str, float]
    utilization: float = UTILIZATION
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimate of a plan.

    Attributes:
      questions_per_hour: low and high end; None where something is unknown.
      memory: a sentence on the memory of each role's engines, by GPU.
      problems: sentences on engines that do not fit into their GPUs.
      sources: sentences that say where the numbers are from, or why there are none.
    """

    questions_per_hour: tuple[float, float] | None
    memory: tuple[str, ...]
    problems: tuple[str, ...]
    sources: tuple[str, ...]


def estimate(loads: Sequence[EngineLoad]) -> Estimate:
    """Return what engines would make in an hour: the role that is asked for most decides, as the others wait for it.

    A role of which nobody knows what it is asked for is left out, and that is said.
    """
    rates: list[float | None] = []
    sources: list[str] = []
    for load in loads:
        if load.tokens is None:
            sources.append(f"{load.role}: not counted, {load.tokens_source}")
            continue
        speed, why = _tokens_per_second(load)
        rates.append(speed * 3600 / load.tokens if speed is not None and load.tokens else None)
        amount = ": ".join(filter(None, [f"{load.tokens:,.0f} tokens per question", load.tokens_source]))
        sources.append(f"{load.role}: {why}" if speed is None else f"{load.role}: {amount}; size from {why}")
    known = [rate for rate in rates if rate is not None]
    whole = bool(known) and len(known) == len(rates)
    told = [_memory(load, kind) for load in loads for kind in load.engines]
    return Estimate(
        (LOW * min(known), min(known)) if whole else None,
        tuple(memory for memory, _ in told if memory),
        tuple(problem for _, problem in told if problem),
        (*sources, *(SOURCES if whole else ())),
    )


def estimate_lines(made: Estimate, questions: int) -> list[str]:
    """Return an estimate as lines: memory, questions per hour and hours for all `questions`, then the sources."""
    if made.questions_per_hour is None:
        rate = "questions per hour: unknown"
    else:
        low, high = made.questions_per_hour
        rate = f"questions per hour: about {_rounded(low)} to {_rounded(high)}"
        times = dict.fromkeys([_duration(questions / high), _duration(questions / low)])
        rate += f"; all {questions:,} in {' to '.join(times)}"
    return [*made.memory, rate, *(f"  {source}" for source in made.sources)]


def _rounded(value: float) -> str:
    """Return a number with two digits that mean something."""
    return f"{float(f'{value:.2g}'):,g}" if value < 100 else f"{int(float(f'{value:.2g}')):,}"


def _duration(hours: float) -> str:
    if hours * 60 < 1:
        return "less than a minute"
    return f"{_rounded(hours)} hours" if hours >= 1 else f"{_rounded(60 * hours)} minutes"


def tokens_per_second(billions: float, gpu_type: str) -> float | None:
    """Return how many tokens one GPU writes in a second with a model of so many active parameters, in 10⁹.

    Between two models of the benchmark it is a straight line of logarithms; a larger model than its largest is slower
    in proportion, a smaller one than its smallest as fast as that. None for a GPU that is not in `BANDWIDTH`.
    """
    bandwidth = BANDWIDTH.get(gpu_type.upper())
    if bandwidth is None:
        return None
    share = bandwidth / BANDWIDTH["H100"]
    (smallest, fastest), (largest, slowest) = H100_TOKENS[0], H100_TOKENS[-1]
    if billions <= smallest:
        return share * fastest
    if billions >= largest:
        return share * slowest * largest / billions
    for (size, fast), (larger, slow) in pairwise(H100_TOKENS):
        if billions <= larger:
            part = math.log(billions / size) / math.log(larger / size)
            return share * fast * (slow / fast) ** part
    raise AssertionError(billions)


def _tokens_per_second(load: EngineLoad) -> tuple[float | None, str]:
    """Return what all engines of a role write in a second, with where the size is from; None with the reason."""
    if not load.gpus:
        return None, "no figure for engines without GPUs; run a hundred questions and look at factory status"
    billions = load.size.active_billions
    if billions is None:
        return None, f"no figure, as the number of weights is unknown: {load.size.source}"
    if not load.engines:
        return None, "no figure, as none of them fits"
    total = 0.0
    for kind, count in load.engines.items():
        speed = tokens_per_second(billions, kind)
        if speed is None:
            return None, f"no figure for a GPU {kind or 'of an unknown type'}; known are {', '.join(BANDWIDTH)}"
        total += count * load.gpus * speed
    return total, load.size.source


def _memory(load: EngineLoad, kind: str) -> tuple[str, str]:
    """Return a sentence on the memory of an engine on GPUs of one type, and one on why it does not fit; "" for none."""
    each, weights = load.gpu_memory_gb.get(kind, 0.0), load.size.weight_gb
    if not load.gpus:
        return "", ""
    if not each or weights is None:
        unknown = load.size.source if each else f"how much memory a GPU {kind or 'here'} has is unknown"
        return f"memory of a {load.role}: unknown, {unknown}", ""
    # An engine with a part of a GPU still takes its share of the whole one.
    gpus = math.ceil(load.gpus)
    room = each * gpus * load.utilization
    has = f"{gpus} {kind or 'GPUs'} of {each:g} GB, of which {load.utilization:.0%} are taken"
    if weights >= room:
        return "", (
            f"a {load.role} needs {weights:.1f} GB for its weights ({load.size.source}) and has {room:.1f} GB: {has}. "
            "Give it more or larger GPUs, or a smaller or quantised model."
        )
    free, kv_bytes = room - weights, load.size.kv_bytes
    tokens = free * 1e9 / kv_bytes if kv_bytes else None
    if tokens is not None and tokens < load.longest:
        return "", (
            f"a {load.role} has room for {tokens:,.0f} tokens beside its weights of {weights:.1f} GB, on {has}, and "
            f"one request may have {load.longest:,}. Give it more or larger GPUs, or lower engine.max_model_len."
        )
    cached = f", {tokens:,.0f} tokens," if tokens is not None else ""
    said = f"memory of a {load.role}: {weights:.1f} GB of weights ({load.size.source}) on {has}"
    return f"{said}; at most {free:.1f} GB{cached} for the key-value cache", ""
