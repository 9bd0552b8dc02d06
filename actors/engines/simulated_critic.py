"""Simulated critic of known quality for solutions of the `simulated` engine: no model, for tests and benchmarks.

It is asked with a prompt of numbered steps (`factory/prompts/critic.txt`), sees where the first one slips, as its text
says, and names a step as its settings say: that one, one next to it, one too early or too late, or none. Its votes on
one text are no independent opinions: each repeats its first reading of the text with probability `repeats`.

Pure: tests and `tools/bench/critics.py` use it without Ray.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from actors.engine_runtime.stand_in import StandIn
from actors.engines.simulated import FILLER_TOKEN, states_in
from factory.errors import QuestionFailed
from factory.seeds import seed_for
from factory.tokens import Tokens
from factory.types import Completion, GenerateRequest, Prompt

_STEPS = "Solution, step by step:\n"
_STEP = re.compile(r"(?m)^Step \d+: (.*)$")
NONE = -1


@dataclass
class Config:
    """Quality of the critic.

    * `hit`, `near`, `early`, `late`, `missed`: how often, of solutions with an error, it names the step, one next to
      it, one before these, one behind them, or none. They are weights: what there is no step for is left out.
    * `alarm`: probability that it names a step of a solution without an error.
    * `guesses`: True for a critic that names each step and none equally often, whatever the rest says.
    * `repeats`: probability that a vote is its first reading of the text, and no reading of its own.
    * `unread`: probability that a reply ends without naming anything.
    * `words`: tokens of a reply.
    """

    hit: float = 0.85
    near: float = 0.06
    early: float = 0.02
    late: float = 0.02
    missed: float = 0.05
    alarm: float = 0.05
    guesses: bool = False
    repeats: float = 0.7
    unread: float = 0.02
    words: int = 60
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no such weight or probability. Raises `ValueError`."""
        weights = self.hit, self.near, self.early, self.late, self.missed
        if min(weights) < 0 or self.hit + self.missed <= 0:
            raise ValueError(f"the weights are {weights}: expected 0 or more, and hit or missed more than 0")
        for name in ("alarm", "repeats", "unread"):
            if not 0 <= (value := getattr(self, name)) <= 1:
                raise ValueError(f"{name} is {value:g}: expected 0 to 1")
        if self.words < 4:
            raise ValueError(f"words is {self.words}: expected at least 4")


class Engine(StandIn):
    """`Engine` protocol of `factory/interfaces.py`: critiques that are functions of the text and the request's seed."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__("simulated_critic")
        self._config = config

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Return the critiques of each request."""
        return [critiques(request, self._config) for request in requests]


def critiques(request: GenerateRequest, config: Config) -> list[Completion]:
    """Return the `n` replies to a request whose prompt ends with numbered steps."""
    steps = steps_in(request.prompt)
    first_reading = said_of(steps, Random(seed_for(config.seed, "\x1f".join(steps), "critic")), config)
    replies = []
    for sample in range(request.n):
        rng = Random(request.seed * 1_000_003 + sample)
        said = first_reading if rng.random() < config.repeats else said_of(steps, rng, config)
        ending = "First error: none" if said == NONE else f"First error: step {said + 1}"
        if rng.random() < config.unread:
            ending = "I am not sure."
        text = "word " * (config.words - 4) + "\n" + ending
        ids = array("I", [FILLER_TOKEN] * config.words)
        # All ends at once: nobody continues a critique by its tokens.
        ends = array("I", [len(text)] * config.words)
        replies.append(
            Completion(
                text=text,
                token_ids=Tokens(ids),
                token_ends=Tokens(ends),
                finish_reason="stop",
                prompt_tokens=sum(len(step.split()) for step in steps),
            )
        )
    return replies


def steps_in(prompt: Prompt) -> list[str]:
    """Return the texts of the steps that a critic is shown."""
    text = prompt if isinstance(prompt, str) else prompt[-1][1]
    return _STEP.findall(text.rpartition(_STEPS)[2])


def said_of(steps: Sequence[str], rng: Random, config: Config) -> int:
    """Return the 0-based step that the critic names as the first wrong one, or `NONE`."""
    count = len(steps)
    if config.guesses:
        return rng.randint(NONE, count - 1)
    error = next((index for index, step in enumerate(steps) if any(states_in(step))), None)
    if error is None:
        return rng.randrange(count) if count and rng.random() < config.alarm else NONE
    kinds = [
        (config.hit, [error]),
        (config.near, [step for step in (error - 1, error + 1) if 0 <= step < count]),
        (config.early, list(range(error - 1))),
        (config.late, list(range(error + 2, count))),
        (config.missed, [NONE]),
    ]
    possible = [(weight, named) for weight, named in kinds if named]
    [named] = rng.choices([named for _, named in possible], [weight for weight, _ in possible])
    return rng.choice(named)
