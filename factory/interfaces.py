"""The seam: what an algorithm may ask of the world. It cannot tell Ray from a fake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from factory.errors import QuestionFailed
from factory.types import Completion, GenerateRequest, Question, Verdict

Say = Callable[[str], None]
"""Receiver of progress lines and remarks for the person who waits: `print`, or a terminal's status line."""


class Models(Protocol):
    """Plain async callables handed to every search method and labeller."""

    async def generate(self, request: GenerateRequest) -> Sequence[Completion]:
        """`request.n` continuations. Raises `PromptTooLong` or `EngineFailed`, both about this question only."""
        ...

    async def check(self, question: Question, text: str) -> Verdict:
        """The verdict on a whole solution text. Raises `CheckerFailed` when the checker itself is gone."""
        ...


class Engine(Protocol):
    """A text generator inside one actor: vLLM, or a stand-in for tests. `name` is what the records say made them."""

    name: str

    async def start(self) -> None:
        """Load the model. Raises `BadInput` when it cannot be had."""
        ...

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """One entry per request, in order: its `n` completions, or why this request alone failed."""
        ...

    async def health(self) -> None:
        """Return when the engine can serve; raise when it cannot."""
        ...

    async def load_weights(self, path: str) -> None:
        """Swap in the weights of a model (as its name was given to the engine, or a folder of the same architecture)
        without restarting, and forget what was cached under the old ones. Raises when that cannot be done."""
        ...

    async def close(self) -> None:
        """Free everything the engine holds, its processes included. Safe to call twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerLimits:
    """What a worker process may use for one item of a checker; a checker with other needs has a `limits(config)`.

    `timeout_s`: wall clock until it is killed. `memory_mb`: address space. `confined`: no network, no new programs, no
    file written; False for a checker that starts programs in a sandbox of its own.
    """

    timeout_s: float = 5.0
    memory_mb: int = 2048
    confined: bool = True
