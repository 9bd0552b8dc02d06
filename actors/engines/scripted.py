"""Scripted answers for tests: deterministic and instant.

`solutions` maps a piece of the question to the solutions a policy may give; a continuation comes from those that begin
with the prefix. One character is one token, so a prefix of ids is a prefix of text.

A model folder may hold a `script.json` with more solutions: the weights of a scripted model, which a test's trainer
writes and `load_weights` reads.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from actors.engine_runtime.slots import Slots
from actors.engine_runtime.stand_in import StandIn, follow
from actors.models.resolve import model_revision
from factory.added_fields import ADDED
from factory.errors import PromptTooLong, QuestionFailed
from factory.rollouts.until import cut_behind
from factory.tokens import Tokens
from factory.types import LENGTH, Completion, GenerateRequest

NO_ANSWER = "I do not know."
SCRIPT = "script.json"

__all__ = ["EXECUTION", "Config", "Engine", "follow"]

EXECUTION = ("slots", "sample_s", "num_gpus", "nodes")


@dataclass
class Config:
    """Solutions by piece of the question.

    * `solutions`: for every piece of text that may be in a question, the solutions to choose from by seed.
    * `fallback`: solutions of a question that holds none of the pieces.
    * `max_model_len`: characters of prompt and prefix together that are too many.
    * `latency_s`: seconds that every call takes.
    * `slots`: samples that run at once, the others wait; 0 is any number.
    * `sample_s`: seconds that a sample takes in its slot.
    * `num_gpus`, `nodes`: GPUs that Ray sets aside, over so many machines, as for a model; 0 lets the GPUs decide.
    """

    solutions: dict[str, list[str]] = field(default_factory=dict)
    fallback: list[str] = field(default_factory=lambda: [NO_ANSWER])
    max_model_len: int = 100_000
    latency_s: float = 0.0
    slots: int = field(default=0, metadata=ADDED)
    sample_s: float = field(default=0.0, metadata=ADDED)
    num_gpus: float = field(default=0.0, metadata=ADDED)
    nodes: int = field(default=1, metadata=ADDED)


class Engine(StandIn):
    """`Engine` protocol of `factory/interfaces.py`: answers read from the config and from the model folder's script."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__("scripted")
        self._config = config
        self._first = model
        self._solutions = config.solutions
        self._slots = Slots(config.slots)
        self.max_num_seqs = config.slots or None

    async def start(self) -> None:
        """Read the script of the model folder that was named at first, where it has one."""
        await self.load_weights(self._first)

    async def load_weights(self, path: str) -> None:
        """Take the script in folder `path`, where there is one, besides the config's solutions."""
        script = Path(path) / SCRIPT
        self._solutions = {**self._config.solutions, **(json.loads(script.read_text()) if script.is_file() else {})}
        self.revision = model_revision(path)

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Return the completions of every request, or `PromptTooLong`, when the last sample has had its time."""
        await asyncio.sleep(self._config.latency_s)
        if self._config.sample_s:
            now = time.monotonic()
            samples = sum(request.n for request in requests)
            ends = [self._slots.take(now, self._config.sample_s) for _ in range(samples)]
            await asyncio.sleep(max(ends) - now)
        return [self._answer(request) for request in requests]

    def _answer(self, request: GenerateRequest) -> list[Completion] | QuestionFailed:
        """Return `n` solutions that begin with the request's prefix, chosen by its seed."""
        prompt = request.prompt if isinstance(request.prompt, str) else request.prompt[-1][1]
        limit = self._config.max_model_len
        prefix = request.prefix_text + "".join(map(chr, request.prefix))
        if len(prompt) + len(prefix) >= limit:
            return PromptTooLong(f"prompt of {len(prompt)} tokens; the model reads at most {limit}")
        endings = [text[len(prefix) :] for text in self._script(prompt) if text.startswith(prefix)] or [NO_ANSWER]
        room = max(1, request.sampling.max_tokens - len(prefix))
        texts = [endings[(request.seed + sample) % len(endings)] for sample in range(request.n)]
        return [cut_behind(spell(text, room), request.sampling.until) for text in texts]

    def _script(self, prompt: str) -> list[str]:
        """Return the solutions for the question that is asked in `prompt`."""
        # The last question of a few-shot prompt is the one that is asked.
        matches = [(prompt.rfind(key), key) for key in self._solutions if key in prompt]
        return self._solutions[max(matches)[1]] if matches else self._config.fallback


def spell(text: str, room: int) -> Completion:
    """Return `text` as a completion of one token per character, cut off where `room` tokens are used up."""
    kept = text[:room]
    return Completion(
        text=kept,
        token_ids=Tokens(map(ord, kept)),
        token_ends=Tokens(range(1, len(kept) + 1)),
        finish_reason="stop" if len(kept) == len(text) else LENGTH,
        prompt_tokens=1,
    )
