"""Laws of how often searches answer right: exact for N samples, and in the limit of many.

The policy is right with probability `right` (p^L for L steps of which each is right with p; no wrong solution hits the
gold answer). A wrong solution answers gold + 1 with probability `common`, else one of 1,000 answers that are all alike.
The verifier is the binormal one of `actors/engines/simulated_verifier.py`; it draws the quality of each text anew.

* Majority: of many samples each answer has its share of the votes. So the limit is 1 where `right` is the largest
  probability of an answer, and 0 where gold + 1 is more probable.
* Weighted votes: an answer's share is its probability times its mean score. So the limit is 1 where
  right * E[score | right] is the largest of these products, and 0 else: a good verifier mends a wrong mode.
* Highest score: of many draws from two normal distributions the highest comes from the one with the larger spread; of
  equal spreads from the one with the larger mean, as the ratio of the densities grows without bound towards that side.
  So the limit is 0 where `wrong_spread` is above 1, *whatever the AUC*: accuracy rises as long as the best of few is
  mostly one of many right ones, and then falls, when the outliers of the wrong ones come in (over-optimisation; with
  heavy tails Kwa et al., arXiv 2407.14503). With equal spreads the limit is 1 for an AUC above .5, and 0 below it.
* A beam of one draft (`step_best_of_n`) chooses anew at each step, so its accuracy is the product over the steps.
"""

from __future__ import annotations

import math

import numpy as np

from actors.engines.simulated import WRONG
from actors.engines.simulated_verifier import Config as Verifier

# Quality over which is integrated, in standard deviations beyond the means, and points of it.
_REACH, _POINTS = 9.0, 40_001
# Draws for weighted votes, which have no closed form, and how many at a time.
DRAWS, _AT_A_TIME = 40_000, 2_000


def answers(right: float, common: float) -> tuple[float, float, float]:
    """Return the probabilities of the gold answer, of gold + 1, and of each of the other wrong answers."""
    each = (1 - right) * (1 - common) / WRONG
    return right, (1 - right) * common + each, each


def majority(n: int, right: float, common: float = 0.0) -> float:
    """Return the probability that the answer of most votes is right, exactly; of equals each comes first as often.

    Summed over the votes for gold (k) and gold + 1 (m), which are fewer or as many; of the others, j have k votes and
    the rest fewer.

    Args:
      n: samples.
      right: probability that a sample is right.
      common: probability that a wrong one answers gold + 1.
    """
    gold, mode, each = answers(right, common)
    total = 0.0
    for k in range(1, n + 1):
        fewer = np.array([each**i / math.factorial(i) for i in range(k)][: n + 1])
        for j in range(min((n - k) // k, WRONG - 1) + 1):
            # Coefficients of the votes that the other answers share.
            ways = math.comb(WRONG - 1, j) * (each**k / math.factorial(k)) ** j
            others = np.zeros(n + 1)
            power = _power(fewer, WRONG - 1 - j, n + 1)
            others[j * k :] = ways * power[: n + 1 - j * k]
            for m in range(min(k, n - k) + 1):
                ties = 1 + j + (m == k)
                votes = gold**k / math.factorial(k) * mode**m / math.factorial(m) * others[n - k - m]
                total += math.factorial(n) * votes / ties
    return float(total)


def majority_limit(right: float, common: float = 0.0) -> float:
    """Return what `majority` comes to for many samples."""
    gold, mode, _ = answers(right, common)
    return float(gold > mode)


def weighted(n: int, right: float, common: float, verifier: Verifier, seed: int = 0) -> float:
    """Return how often votes weighted by score choose the right answer, by `DRAWS` draws of the law itself.

    Args:
      n: samples.
      right, common: as for `majority`.
      verifier: gives the weights.
      seed: seed of the draws.
    """
    rng = np.random.default_rng(seed)
    gold, mode, _ = answers(right, common)
    hits = 0
    for _ in range(DRAWS // _AT_A_TIME):
        kinds = rng.random((_AT_A_TIME, n))
        # Answer 0 is the right one, 1 is gold + 1.
        answer = np.where(kinds < gold, 0, np.where(kinds < gold + mode, 1, rng.integers(2, WRONG + 1, kinds.shape)))
        noise = rng.standard_normal(kinds.shape)
        quality = np.where(answer == 0, verifier.distance + noise, verifier.wrong_spread * noise)
        weights = np.zeros((_AT_A_TIME, WRONG + 1))
        np.add.at(weights, (np.arange(_AT_A_TIME)[:, None], answer), scores(quality, verifier))
        hits += int((weights.argmax(axis=1) == 0).sum())
    return hits / DRAWS


def weighted_limit(right: float, common: float, verifier: Verifier) -> float:
    """Return what `weighted` comes to for many samples."""
    quality, of_right, of_wrong = _densities(verifier)
    said = scores(quality, verifier)
    gold, mode, _ = answers(right, common)
    return float(gold * np.trapezoid(said * of_right, quality) > mode * np.trapezoid(said * of_wrong, quality))


def highest(n: int, right: float, verifier: Verifier, looks_right: float | None = None) -> float:
    """Return the probability that of `n` samples the one with the highest score is right, exactly.

    It is the integral of n f(q) F(q)^(n - 1) over the quality q: f is the density of right samples, F the distribution
    function of all.

    Args:
      n: samples.
      right: probability that a sample is right.
      verifier: gives the scores.
      looks_right: probability that it has the quality of a right one, where a delay hides slips; None for `right`.
    """
    return _chosen(n, right, 0.0, right if looks_right is None else looks_right, verifier)


def highest_limit(right: float, verifier: Verifier) -> float:
    """Return what `highest` comes to for many samples."""
    if verifier.wrong_spread != 1:
        return float(verifier.wrong_spread < 1)
    return right if verifier.distance == 0 else float(verifier.distance > 0)


def one_beam(n: int, p: float, steps: int, verifier: Verifier, look_ahead: int = 0) -> float:
    """Return the accuracy of a beam of one draft that takes the best of `n` samples at each step, exactly.

    A verifier without a delay sees a slip at once; a look ahead of one step then only adds the slips of that step. With
    a delay of one step it cannot tell the samples of a step from each other, unless it looks one step ahead. The last
    step has nothing ahead of it.

    Args:
      n: samples of each step.
      p: probability that a step is right.
      steps: steps of a solution.
      verifier: its delay is 0 or 1.
      look_ahead: 0 or 1.
    """
    if (verifier.delay, look_ahead) == (0, 1):
        before_last = _chosen(n, p * p, p * (1 - p), p * p, verifier)
        return before_last ** (steps - 1) * highest(n, p, verifier)
    if verifier.delay == 1:
        return (highest(n, p, verifier) if look_ahead else p) ** (steps - 1) * p
    return highest(n, p, verifier) ** steps


def scores(quality: np.ndarray, verifier: Verifier) -> np.ndarray:
    """Return the scores of qualities."""
    logit = math.log(verifier.prior / (1 - verifier.prior)) + verifier.claimed * (quality - verifier.distance / 2)
    chances: np.ndarray = 1 / (1 + np.exp(-logit))
    return chances


def _chosen(n: int, as_right: float, as_wrong: float, looks_right: float, verifier: Verifier) -> float:
    """Return the probability that the one with the highest score, of `n`, is of the wanted kind.

    Args:
      n: samples.
      as_right, as_wrong: probabilities that one is of that kind and has the quality of a right, or of a wrong one.
      looks_right: probability that one has the quality of a right one.
      verifier: gives the qualities.
    """
    quality, of_right, of_wrong = _densities(verifier)
    density = looks_right * of_right + (1 - looks_right) * of_wrong
    steps = (density[1:] + density[:-1]) / 2 * np.diff(quality)
    below = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = as_right * of_right + as_wrong * of_wrong
    return float(np.trapezoid(n * wanted * below ** (n - 1), quality))


def _densities(verifier: Verifier) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return qualities, and the densities of right and of wrong prefixes there."""
    reach = _REACH * max(1.0, verifier.wrong_spread)
    quality = np.linspace(min(0.0, verifier.distance) - reach, max(0.0, verifier.distance) + reach, _POINTS)
    return (
        quality,
        _normal(quality - verifier.distance),
        _normal(quality / verifier.wrong_spread) / verifier.wrong_spread,
    )


def _normal(at: np.ndarray) -> np.ndarray:
    density: np.ndarray = np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    return density


def _power(polynomial: np.ndarray, exponent: int, length: int) -> np.ndarray:
    """Return the first `length` coefficients of a power of a polynomial."""
    result: np.ndarray = np.zeros(length)
    base: np.ndarray = np.zeros(length)
    result[0] = 1.0
    base[: len(polynomial)] = polynomial[:length]
    while exponent:
        if exponent % 2:
            result = np.convolve(result, base)[:length]
        base = np.convolve(base, base)[:length]
        exponent //= 2
    return result
