"""Simulated policy with planted errors, for tests and benchmarks: no model, known truth.

A solution has `steps` steps; each is right with probability `p`; an error is permanent; a solution with an error
still ends on the gold answer with probability `r`. A step's text tells the truth about itself ("holds", "slips" where
the error is made, "follows" behind it), so labels can be compared with it; nothing in the factory reads that.

One word is one token. The first token of a step encodes (step, state, variant), so a continuation knows from its
prefix whether an error was made; of a prefix that is text it reads the words. Answers are functions of the request's
seed. A step that is asked for alone (`Sampling.until`) has the law of that step in a whole solution.

With `token_s` a token takes time, and with `slots` samples wait for each other as on a GPU, first come, first served
(`tools/bench/saturation/`). Reading a prompt takes no time. None of this changes what is answered.
"""

from __future__ import annotations

import asyncio
import re
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import repeat
from random import Random

from actors.engine_runtime.slots import Slots
from actors.engine_runtime.stand_in import StandIn, follow
from factory.added_fields import ADDED
from factory.errors import QuestionFailed
from factory.rollouts.until import cut_behind
from factory.tokens import Tokens
from factory.types import Completion, GenerateRequest, Prompt

STATES = ("holds", "slips", "follows")
FILLER_TOKEN = 7
ANSWER_TOKEN = 9
FIRST_STEP_TOKEN = 1_000
WRONG = 1_000
"""Values over which wrong answers are spread, from the gold answer + 1 on."""
_GOLD = re.compile(r"gold answer (\d+)")
_STEP = re.compile(r"Step \d+ (holds|slips|follows) in variant \d+\.")

__all__ = ["EXECUTION", "Config", "Engine", "follow"]

EXECUTION = ("slots", "token_s", "spread", "num_gpus", "nodes")


@dataclass
class Config:
    """Shape of the simulated solutions.

    * `steps`: steps of a solution.
    * `p`: probability that a step is right, given that all before it are.
    * `r`: probability that a solution with an error still ends on the gold answer.
    * `words`: tokens per step.
    * `variants`: different texts a step can have.
    * `latency_s`: seconds that every call takes.
    * `slots`: samples that run at once, the others wait; 0 is any number.
    * `token_s`: seconds that a sample takes per token.
    * `spread`: sigma of the log-normal factor, of mean 1, by which the time of a sample differs; 0 for none.
    * `common`: probability that a wrong answer is the gold answer + 1; else it is one of `WRONG` values, all alike.
    * `num_gpus`, `nodes`: GPUs that Ray sets aside, over so many machines, as for a model; 0 lets the GPUs decide.
    """

    steps: int = 8
    p: float = 0.9
    r: float = 0.0
    words: int = 30
    variants: int = 1000
    latency_s: float = 0.0
    slots: int = field(default=0, metadata=ADDED)
    token_s: float = field(default=0.0, metadata=ADDED)
    spread: float = field(default=0.0, metadata=ADDED)
    common: float = field(default=0.0, metadata=ADDED)
    num_gpus: float = field(default=0.0, metadata=ADDED)
    nodes: int = field(default=1, metadata=ADDED)

    def __post_init__(self) -> None:
        """Refuse a negative number of slots, negative times, and what is no probability. Raises `ValueError`."""
        if not 0 <= self.common <= 1:
            raise ValueError(f"common is {self.common:g}: expected 0 to 1")
        if self.slots < 0 or self.token_s < 0 or self.spread < 0:
            raise ValueError(
                f"slots is {self.slots}, token_s is {self.token_s:g}, spread is {self.spread:g}: expected 0 or more"
            )


class Engine(StandIn):
    """`Engine` protocol of `factory/interfaces.py`: solutions drawn from the seed of the request."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__("simulated")
        self._config = config
        self._slots = Slots(config.slots)
        self.max_num_seqs = config.slots or None

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Return the completions of every request, or why it failed: its prompt names no gold answer.

        It returns when the slowest sample is done.
        """
        if self._config.latency_s:
            await asyncio.sleep(self._config.latency_s)
        now = time.monotonic()
        answered = [self._answer(request, now) for request in requests]
        done = max((end for _, end in answered), default=now)
        if done > now:
            await asyncio.sleep(done - time.monotonic())
        return [answer for answer, _ in answered]

    async def stats(self) -> dict[str, float]:
        """Return what `Slots.stats` says; the seconds count where tokens take time."""
        return self._slots.stats(time.monotonic())

    def _answer(self, request: GenerateRequest, now: float) -> tuple[list[Completion] | QuestionFailed, float]:
        """Return `n` continuations of the request's prefix, and when the last of them is done."""
        gold = gold_in(request.prompt)
        if gold is None:
            refusal = "the simulated engine found no 'gold answer N': use source.kind=simulated with it"
            return QuestionFailed(refusal), now
        done, wrong = read_prefix(request.prefix, self._config, request.prefix_text)
        completions, end = [], now
        until = request.sampling.until
        for sample in range(request.n):
            rng = Random(request.seed * 1_000_003 + sample)
            # A step is drawn as it is within a solution: what it depends on is in its prefix.
            whole = complete(gold, done, wrong, rng, self._config, steps=1 if "\n" in until else None)
            completions.append(cut_behind(whole, until))
            if self._config.token_s:
                # Drawn behind the answer, which is the same however long it takes.
                end = max(end, self._slots.take(now, seconds_of(completions[-1], rng, self._config)))
        return completions, end


def seconds_of(completion: Completion, rng: Random, config: Config) -> float:
    """Return the seconds that a sample takes in its slot: its tokens, times a factor of mean 1 drawn from `rng`."""
    factor = rng.lognormvariate(-(config.spread**2) / 2, config.spread) if config.spread else 1.0
    return completion.sampled_tokens * config.token_s * factor


def complete(gold: int, done: int, wrong: bool, rng: Random, config: Config, *, steps: int | None = None) -> Completion:
    """Return one continuation of a solution.

    Args:
      gold: answer of the question.
      done: steps that the prefix holds.
      wrong: True when one of those steps slipped.
      rng: source of all choices.
      config: shape of the solutions.
      steps: steps to write; None writes all up to the answer.
    """
    texts: list[str] = []
    ids, ends = array("I"), array("I")
    at = 0
    for step in range(done, config.steps if steps is None else min(done + steps, config.steps)):
        # An error is permanent: behind a slip, everything follows from it.
        state = 2 if wrong else 0 if rng.random() < config.p else 1
        wrong = wrong or state == 1
        variant = rng.randrange(config.variants)
        first = f"Step {step + 1} {STATES[state]} in variant {variant}."
        text = first + " word" * (config.words - 1) + "\n"
        # The first token of a step says all about it, the line break belongs to the last one.
        ids.append(FIRST_STEP_TOKEN + (step * len(STATES) + state) * config.variants + variant)
        ids.extend(repeat(FILLER_TOKEN, config.words - 1))
        ends.extend(range(at + len(first), at + len(text) - 1, 5))
        # The last step states the answer, as a token of its own, in the place of the line break.
        if step == config.steps - 1:
            hit = not wrong or rng.random() < config.r
            ends.append(at + len(text) - 1)
            text = f"{text[:-1]} The answer is {gold if hit else wrong_answer(gold, rng, config)}."
            ids.append(ANSWER_TOKEN)
        texts.append(text)
        at += len(text)
        ends.append(at)
    return Completion(
        text="".join(texts), token_ids=Tokens(ids), token_ends=Tokens(ends), finish_reason="stop", prompt_tokens=32
    )


def wrong_answer(gold: int, rng: Random, config: Config) -> int:
    """Return the answer of a solution that misses the gold answer."""
    if config.common and rng.random() < config.common:
        return gold + 1
    return gold + 1 + rng.randrange(WRONG)


def read_prefix(prefix: Sequence[int], config: Config, prefix_text: str = "") -> tuple[int, bool]:
    """Read (steps done, True when one of them slipped) out of a solution's beginning.

    Args:
      prefix: token ids of the steps behind `prefix_text`.
      config: shape of the solutions, which the ids encode.
      prefix_text: step texts in front of the ids.
    """
    states = states_in(prefix_text)
    states += [
        (token - FIRST_STEP_TOKEN) // config.variants % len(STATES) for token in prefix if token >= FIRST_STEP_TOKEN
    ]
    return len(states), any(states)


def states_in(text: str) -> list[int]:
    """Return the state of each step in a text, as a place in `STATES`: 0 is right."""
    return [STATES.index(state) for state in _STEP.findall(text)]


def gold_in(prompt: Prompt) -> int | None:
    """Return the last gold answer written in the prompt, None where there is none."""
    text = prompt if isinstance(prompt, str) else prompt[-1][1]
    golds = _GOLD.findall(text)
    return int(golds[-1]) if golds else None
