"""Simulated verifier of known quality for solutions of the `simulated` engine: no model, for tests and benchmarks.

A prefix is right until one of its steps slips, as its text says. From `delay` steps behind the slip on it counts as
wrong, and each prefix has a quality drawn once and for all from the distribution of its kind (the binormal model of
ROC analysis: Dorfman and Alf, 1969):

    right: N(d, 1)     wrong: N(0, wrong_spread^2)     d = sqrt(1 + wrong_spread^2) * Phi^-1(auc)

so that a right prefix has the higher quality with probability `auc`. The draw is a function of seed, question and text:
the same text gets the same score, whoever asks, and another text an independent one. The score is the chance, by Bayes'
rule with `prior`, that a prefix of this quality is right, if the verifier were what it takes itself for: one of equal
spreads that is never misled (`claimed`). So scores are calibrated where `auc` is .5 or more and `wrong_spread` is 1.

Pure: tests and `tools/bench/search_theory/` use it without Ray.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from actors.engine_runtime.stand_in import StandIn
from actors.engines.simulated import states_in
from factory.errors import QuestionFailed
from factory.types import Prompt, ScoreRequest, Scores

SCORES = True
_NORMAL = NormalDist()
# Fewer bits than a float has, so that no share of them is rounded to 1.
_BITS = 52


@dataclass
class Config:
    """Quality of the verifier.

    * `auc`: probability that a right prefix scores higher than a wrong one; below .5 it is misled.
    * `wrong_spread`: standard deviation of the quality of wrong prefixes, where that of right ones is 1. Above 1, some
      wrong ones look better than any right one, however good `auc` is.
    * `delay`: steps behind a slip until it shows; until then the prefix looks right.
    * `prior`: share of right prefixes that it reckons with.
    * `seed`: seed of the draws.
    """

    auc: float = 0.9
    wrong_spread: float = 1.0
    delay: int = 0
    prior: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no such probability, spread or number of steps. Raises `ValueError`."""
        for name in ("auc", "prior"):
            if not 0 < (value := getattr(self, name)) < 1:
                raise ValueError(f"{name} is {value:g}: expected more than 0 and less than 1")
        if not 0 < self.wrong_spread < math.inf:
            raise ValueError(f"wrong_spread is {self.wrong_spread:g}: expected more than 0")
        if self.delay < 0:
            raise ValueError(f"delay is {self.delay}: expected 0 or more steps")

    @property
    def distance(self) -> float:
        """Mean quality of right prefixes; that of wrong ones is 0."""
        return math.sqrt(1 + self.wrong_spread**2) * _NORMAL.inv_cdf(self.auc)

    @property
    def claimed(self) -> float:
        """Distance between right and wrong that it reckons with: that of equal spreads with its AUC, or 1 - AUC."""
        return math.sqrt(2) * abs(_NORMAL.inv_cdf(self.auc))


class Engine(StandIn):
    """`Engine` protocol of `factory/interfaces.py`: scores that are functions of the text."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__("simulated_verifier")
        self._config = config

    async def score(self, requests: Sequence[ScoreRequest]) -> list[Scores | QuestionFailed]:
        """Return the scores of each request; that of the whole solution is that of its last step."""
        return [scores_of(request.prompt, request.steps, self._config) for request in requests]


def scores_of(prompt: Prompt, steps: Sequence[str], config: Config) -> Scores:
    """Return the scores of a solution's prefixes.

    Args:
      prompt: question as the scorer reads it.
      steps: texts of the steps; what `simulated` did not write is right.
      config: quality of the verifier.
    """
    quality = hashlib.blake2b(f"{config.seed}\x1f{prompt!r}\x1f".encode("utf-8", "surrogatepass"))
    chances, wrong_for = [], -1
    for step in steps:
        quality.update(step.encode("utf-8", "surrogatepass"))
        if wrong_for >= 0 or any(states_in(step)):
            wrong_for += 1
        chances.append(_chance(_drawn(quality.digest(), wrong_for >= config.delay, config), config))
    words = sum(len(step.split()) for step in steps)
    return Scores(steps=tuple(chances), whole=chances[-1] if chances else config.prior, tokens=words)


def _drawn(digest: bytes, is_wrong: bool, config: Config) -> float:
    """Return the quality of a prefix, drawn by the hash of its text."""
    share = ((int.from_bytes(digest[:8], "big") >> (64 - _BITS)) + 0.5) / 2**_BITS
    noise = _NORMAL.inv_cdf(share)
    return config.wrong_spread * noise if is_wrong else config.distance + noise


def _chance(quality: float, config: Config) -> float:
    """Return the chance that the verifier states for a quality; it rises with the quality."""
    logit = math.log(config.prior / (1 - config.prior)) + config.claimed * (quality - config.distance / 2)
    # Without an overflow for any quality.
    return 1 / (1 + math.exp(-logit)) if logit > 0 else math.exp(logit) / (1 + math.exp(logit))
