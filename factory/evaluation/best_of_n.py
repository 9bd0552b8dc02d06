"""Ways to pick one answer among N samples of a question: by votes, by a reward model, or by both.

* majority: the most frequent answer (self-consistency, Wang et al., arXiv 2203.11171);
* weighted majority: every vote counts as much as its reward (Math-Shepherd, Wang et al., arXiv 2312.08935,
  sec. 3.4);
* best of N: the answer of the sample with the highest reward (Lightman et al., arXiv 2305.20050, sec. 2.2);
* oracle: right if any sample is right (pass@N).

A PRM's scores of a solution's steps become one reward by their product, their minimum, their mean or the last of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "product": math.prod,
    "min": min,
    "last": lambda scores: scores[-1],
    "mean": fmean,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Text among the samples of a question, with its answer and rewards.

    * `answer`: its final answer; equal strings are one answer. None, where there is no answer, cannot be picked.
    * `right`: True when the answer is right.
    * `times`: how often the text was sampled.
    * `rewards`: (name of a reward model, reward) pairs.
    """

    answer: str | None
    right: bool
    times: int = 1
    rewards: tuple[tuple[str, float], ...] = ()

    def reward(self, name: str) -> float:
        """Return the reward by the model of that name; 0 where the model could not read the text."""
        return dict(self.rewards).get(name, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Result of one way to pick, over all questions.

    * `accuracy`, `error`: share of questions answered right, and its standard error.
    * `gain`, `gain_error`: difference to another way, and the standard error of the paired differences.

    Errors are None for a single question.
    """

    accuracy: float
    error: float | None
    gain: float
    gain_error: float | None


def majority(samples: Sequence[Sample]) -> float:
    """Return 1 when the most frequent answer is right; where k answers tie, a right one among them counts 1/k."""
    return _share_of_best(_votes(samples, lambda sample: 1.0))


def weighted_majority(samples: Sequence[Sample], reward: str) -> float:
    """Return `majority` with every sample counting as much as its reward."""
    return _share_of_best(_votes(samples, lambda sample: sample.reward(reward)))


def best_of_n(samples: Sequence[Sample], reward: str) -> float:
    """Return 1 when the sample with the highest reward is right; where k samples tie, each counts 1/k."""
    # A sample without an answer cannot be picked, whatever its reward.
    able = [sample for sample in samples if sample.answer is not None]
    if not able:
        return 0.0
    highest = max(sample.reward(reward) for sample in able)
    best = [sample for sample in able if sample.reward(reward) == highest]
    return sum(sample.times for sample in best if sample.right) / sum(sample.times for sample in best)


def oracle(samples: Sequence[Sample]) -> float:
    """Return 1 when any sample is right."""
    return float(any(sample.right for sample in samples))


def picks(questions: Sequence[Sequence[Sample]], over: str = "majority") -> dict[str, Pick]:
    """Return the result of every way to pick, by name.

    The names are `one` (a single sample), `majority`, `oracle`, and for each reward `weighted <reward>` and
    `best of n <reward>`. `over` names the way that gains are measured against. Raises `ValueError` without questions.
    """
    if not questions:
        raise ValueError("got no questions; expected the samples of at least one")
    # Names in the order in which they come, each once.
    rewards = list(dict.fromkeys(name for samples in questions for sample in samples for name, _ in sample.rewards))
    accuracies = {
        "one": [_one(samples) for samples in questions],
        "majority": [majority(samples) for samples in questions],
    }
    for name in rewards:
        accuracies[f"weighted {name}"] = [weighted_majority(samples, name) for samples in questions]
        accuracies[f"best of n {name}"] = [best_of_n(samples, name) for samples in questions]
    accuracies["oracle"] = [oracle(samples) for samples in questions]
    return {name: pick(values, accuracies[over]) for name, values in accuracies.items()}


def _one(samples: Sequence[Sample]) -> float:
    """Return the share of right samples."""
    total = sum(sample.times for sample in samples)
    return sum(sample.times for sample in samples if sample.right) / total if total else 0.0


def _votes(samples: Iterable[Sample], weight: Callable[[Sample], float]) -> dict[str, tuple[float, bool]]:
    """Return the total weight of every answer, and True for a right one."""
    got: dict[str, float] = defaultdict(float)
    right = {}
    for sample in samples:
        if sample.answer is not None:
            got[sample.answer] += sample.times * weight(sample)
            right[sample.answer] = sample.right
    return {answer: (total, right[answer]) for answer, total in got.items()}


def _share_of_best(votes: dict[str, tuple[float, bool]]) -> float:
    """Return the share of right answers among those with the most votes."""
    if not votes:
        return 0.0
    most = max(total for total, _ in votes.values())
    # Sums of floats: equal votes may differ in the last digits.
    best = [right for total, right in votes.values() if math.isclose(total, most, rel_tol=1e-9)]
    return sum(best) / len(best)


def pick(values: Sequence[float], others: Sequence[float]) -> Pick:
    """Return mean and standard error of `values`, and of their differences to `others`, question by question.

    Both are shares of right answers, shape [questions]. Raises `ValueError` for lists of different lengths.
    """
    # Paired differences: the same questions are easy for both, so their differences vary less than the values.
    gains = [value - other for value, other in zip(values, others, strict=True)]
    return Pick(accuracy=_mean(values), error=_error(values), gain=_mean(gains), gain_error=_error(gains))


def _mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return math.fsum(values) / len(values)


def _error(values: Sequence[float]) -> float | None:
    """Return the standard error of the mean; None for a single value."""
    if len(values) < 2:
        return None
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
