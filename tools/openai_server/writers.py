"""Answers of a server: the solutions of the engines `simulated` and `scripted`, read from the text of a request.

The same seed gives the same text as in the engine, so a run through servers can be compared with one in process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from actors.engines import scripted, simulated

Writer = Callable[[str, int, int, int], str]
"""Function of (text in front, where what was sampled begins in it, seed, number of the sample) → new text."""


def writer_of(spec: Mapping[str, Any]) -> Writer:
    """Return the writer that `Options.writer` describes. Raises `ValueError` for a kind that is none."""
    fields = {name: value for name, value in spec.items() if name != "kind"}
    if spec["kind"] == "simulated":
        return _simulated(simulated.Config(**fields))
    if spec["kind"] == "scripted":
        return _scripted(scripted.Config(**fields))
    raise ValueError(f"the writer's kind is {spec['kind']!r}, expected simulated or scripted")


def _simulated(config: simulated.Config) -> Writer:
    """Return a writer of solutions with planted errors; without a gold answer in the text it does not know."""

    def write(text: str, begun: int, seed: int, sample: int) -> str:
        gold = simulated.gold_in(text)
        if gold is None:
            return scripted.NO_ANSWER
        done, wrong = simulated.read_prefix((), config, text)
        return simulated.complete(gold, done, wrong, Random(seed * 1_000_003 + sample), config).text

    return write


def _scripted(config: scripted.Config) -> Writer:
    """Return a writer of the endings of scripted solutions, for the last of the script's questions in the text."""

    def write(text: str, begun: int, seed: int, sample: int) -> str:
        places = [(text.rfind(key), key) for key in config.solutions if key in text]
        texts = config.solutions[max(places)[1]] if places else config.fallback
        # Where no ids say what was sampled, the longest beginning of a solution at the end of the text is the prefix.
        starts = [begun] if begun < len(text) else range(max(0, len(text) - max(map(len, texts))), len(text) + 1)
        for start in starts:
            prefix = text[start:]
            if endings := [one[len(prefix) :] for one in texts if one.startswith(prefix)]:
                return endings[(seed + sample) % len(endings)]
        return scripted.NO_ANSWER

    return write
