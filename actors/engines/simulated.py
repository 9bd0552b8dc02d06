"""Simulated policy with planted errors, for tests and benchmarks: no model, known truth.

A solution has `steps` steps; each is right with probability `p`; an error is permanent; a solution with an error
still ends on the gold answer with probability `r`. A step's text tells the truth about itself ("holds", "slips" where
the error is made, "follows" behind it), so labels can be compared with it; nothing in the factory reads that.

One word is one token. The first token of a step encodes (step, state, variant), so a continuation knows from its
prefix whether an error was made; of a prefix that is text it reads the words. Answers are functions of the request's
seed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from actors.engine_runtime.stand_in import StandIn
from factory.errors import QuestionFailed
from factory.types import Completion, GenerateRequest, Prompt

STATES = ("holds", "slips", "follows")
FILLER_TOKEN = 7
ANSWER_TOKEN = 9
FIRST_STEP_TOKEN = 1_000
_GOLD = re.compile(r"gold answer (\d+)")
_STEP = re.compile(r"Step \d+ (holds|slips|follows) in variant \d+\.")


@dataclass
class Config:
    """Shape of the simulated solutions.

    * `steps`: steps of a solution.
    * `p`: probability that a step is right, given that all before it are.
    * `r`: probability that a solution with an error still ends on the gold answer.
    * `words`: tokens per step.
    * `variants`: different texts a step can have.
    * `latency_s`: seconds that every call takes.
    """

    steps: int = 8
    p: float = 0.9
    r: float = 0.0
    words: int = 30
    variants: int = 1000
    latency_s: float = 0.0


class Engine(StandIn):
    """`Engine` protocol of `factory/interfaces.py`: solutions drawn from the seed of the request."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__("simulated")
        self._config = config

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Return the completions of every request, or why it failed: its prompt names no gold answer."""
        if self._config.latency_s:
            await asyncio.sleep(self._config.latency_s)
        return [self._answer(request) for request in requests]

    def _answer(self, request: GenerateRequest) -> list[Completion] | QuestionFailed:
        """Return `n` continuations of the request's prefix."""
        gold = gold_in(request.prompt)
        if gold is None:
            return QuestionFailed("the simulated engine found no 'gold answer N': use source.kind=simulated with it")
        done, wrong = read_prefix(request.prefix, self._config, request.prefix_text)
        return [
            complete(gold, done, wrong, Random(request.seed * 1_000_003 + sample), self._config)
            for sample in range(request.n)
        ]


def complete(gold: int, done: int, wrong: bool, rng: Random, config: Config) -> Completion:
    """Return one continuation of a solution.

    Args:
      gold: answer of the question.
      done: steps that the prefix holds.
      wrong: True when one of those steps slipped.
      rng: source of all choices.
      config: shape of the solutions.
    """
    texts: list[str] = []
    ids: list[int] = []
    ends: list[int] = []
    at = 0
    for step in range(done, config.steps):
        # An error is permanent: behind a slip, everything follows from it.
        state = 2 if wrong else 0 if rng.random() < config.p else 1
        wrong = wrong or state == 1
        text, tokens, offsets = step_text(step, state, rng.randrange(config.variants), config.words, config.variants)
        # The last step states the answer, as a token of its own.
        if step == config.steps - 1:
            hit = not wrong or rng.random() < config.r
            text = f"{text[:-1]} The answer is {gold if hit else gold + 1 + rng.randrange(1000)}."
            tokens = (*tokens, ANSWER_TOKEN)
            offsets = (*offsets[:-1], offsets[-1] - 1, len(text))
        texts.append(text)
        ids.extend(tokens)
        ends.extend([at + offset for offset in offsets])
        at += len(text)
    return Completion(
        text="".join(texts), token_ids=tuple(ids), token_ends=tuple(ends), finish_reason="stop", prompt_tokens=32
    )


@lru_cache(maxsize=65536)
def step_text(
    step: int, state: int, variant: int, words: int, variants: int
) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """Return a step's text with its newline, its token ids and their end offsets in characters.

    Args:
      step: index of the step, 0-based.
      state: index in `STATES`.
      variant: which of the texts, below `variants`.
      words: tokens of the step.
      variants: number of texts a step can have.
    """
    first = f"Step {step + 1} {STATES[state]} in variant {variant}."
    text = first + " word" * (words - 1) + "\n"
    token = FIRST_STEP_TOKEN + (step * len(STATES) + state) * variants + variant
    ends = (*(len(first) + 5 * word for word in range(words - 1)), len(text))
    return text, (token, *[FILLER_TOKEN] * (words - 1)), ends


def read_prefix(prefix: tuple[int, ...], config: Config, prefix_text: str = "") -> tuple[int, bool]:
    """Read (steps done, True when one of them slipped) out of a solution's beginning.

    Args:
      prefix: token ids of the steps behind `prefix_text`.
      config: shape of the solutions, which the ids encode.
      prefix_text: step texts in front of the ids.
    """
    states = [STATES.index(state) for state in _STEP.findall(prefix_text)]
    states += [
        (token - FIRST_STEP_TOKEN) // config.variants % len(STATES) for token in prefix if token >= FIRST_STEP_TOKEN
    ]
    return len(states), any(states)


def gold_in(prompt: Prompt) -> int | None:
    """Return the last gold answer written in the prompt, None where there is none."""
    text = prompt if isinstance(prompt, str) else prompt[-1][1]
    golds = _GOLD.findall(text)
    return int(golds[-1]) if golds else None
