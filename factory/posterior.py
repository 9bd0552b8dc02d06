"""From raw counts to labels: where is the first error of a solution, and how sure is that?

Model of a rollout from the prefix of the first t of M steps: it reaches the gold answer with probability
`r + (1-r)·v0^((M-t)/M)` while the prefix holds no error, and with the lucky-hit rate `r` once it does. v0 is the
policy's strength on this question, known from the rollouts of the bare question; r is not assumed to be zero, since
small answers are often hit by luck. Both are integrated out on a coarse grid. The hypotheses are "the first error is
step e" for every e, and "none"; a step survives with probability v0^(1/M), which is also the prior.

Labels say whether a solution is *still right after* a step, so no step behind the first error is +1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from factory.tree import Solution

STRENGTHS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97)
LUCK = ((0.003, 0.35), (0.02, 0.3), (0.06, 0.2), (0.15, 0.1), (0.3, 0.05))  # (r, prior weight)
CHECKER_SLIP = 0.01  # a solution without any error that was judged incorrect


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLabel:
    """One step's evidence and what follows from it. `label` is +1, -1, or None below the wanted confidence."""

    n_trials: int
    n_successes: int
    mc_value: float | None
    label: int | None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionLabels:
    """`first_error` is 0-based, -1 for none, None when a step up to it is not known with the wanted confidence."""

    steps: tuple[StepLabel, ...]
    first_error: int | None


@lru_cache(maxsize=4096)
def _log_rates(steps: int, strength: float, luck: float) -> tuple[tuple[float, float], ...]:
    """(log success, log failure) of a rollout from an error-free prefix, for t = 0..steps-1."""
    rates = (luck + (1 - luck) * strength ** ((steps - t) / steps) for t in range(steps))
    return tuple((math.log(q), math.log1p(-min(q, 1 - 1e-9))) for q in rates)


# Rollouts of one prefix share its counts and have none of their own: of a question's ~150 solutions about 20 differ.
@lru_cache(maxsize=4096)
def first_error_posterior(counts: tuple[tuple[int, int], ...], correct: bool) -> tuple[float, ...]:
    """P(first error is step e) for e = 0..M-1, then P(none): M + 1 numbers that sum to 1.

    `counts[t]` = (trials, successes) of the prefix of t steps, t = 0..M-1, so `counts[0]` is the bare question;
    `correct` is the verdict on the whole solution.
    """
    steps = len(counts)
    scores: list[list[float]] = [[] for _ in range(steps + 1)]
    for luck, weight in LUCK:
        lucky, unlucky = math.log(luck), math.log1p(-luck)
        after = [s * lucky + (n - s) * unlucky for n, s in counts]
        all_after = sum(after)
        for strength in STRENGTHS:
            survive = math.log(strength) / steps
            fail = math.log(-math.expm1(survive))
            gain = math.log(weight) + all_after
            for e, ((n, s), (hit, miss)) in enumerate(zip(counts, _log_rates(steps, strength, luck), strict=True)):
                # Step e can only be the first error if the prefix of e steps holds none.
                gain += (s * hit + (n - s) * miss) - after[e]
                scores[e].append(gain + e * survive + fail + (lucky if correct else unlucky))
            own = math.log1p(-CHECKER_SLIP) if correct else math.log(CHECKER_SLIP)
            scores[steps].append(gain + steps * survive + own)
    top = max(max(row) for row in scores)
    weights = [sum(math.exp(score - top) for score in row) for row in scores]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def label_solution(solution: Solution, confidence: float) -> SolutionLabels:
    """Labels of every step of `solution` from the counts its tree holds now.

    A label needs the posterior's confidence *and* something seen: +1 a success from this prefix or a later one, -1 a
    measured prefix at or before it that the posterior holds to be wrong, on a question the policy has solved at all.
    Nothing is labelled by the prior alone. A solution without a usable verdict (cut off, unparsable, …) keeps its
    counts and gets no label.
    """
    path = solution.leaf.path()
    outcome = solution.outcome
    if outcome is None or not path:
        return SolutionLabels(
            steps=tuple(_step_label(n.trials, n.successes, None, 0.0) for n in path), first_error=None
        )
    root = path[0].parent
    assert root is not None
    prefixes = [root, *path[:-1]]
    posterior = first_error_posterior(tuple((node.trials, node.successes) for node in prefixes), outcome)
    succeeded = [depth for depth, node in enumerate(prefixes) if node.successes]
    deepest_success = len(path) if outcome else max(succeeded, default=0)
    wrong, failure_seen = 0.0, False
    labels = []
    for depth, (node, first_here) in enumerate(zip(path, posterior, strict=False), start=1):
        wrong = min(1.0, wrong + first_here)
        # The last node is the whole solution: its one trial is the verdict itself.
        last = node is solution.leaf
        trials, successes = (1, int(outcome)) if last else (node.trials, node.successes)
        failure_seen |= wrong >= confidence and (not outcome if last else bool(succeeded) and trials > 0)
        label = None
        if wrong >= confidence and failure_seen:
            label = -1
        elif 1 - wrong >= confidence and depth <= deepest_success:
            label = 1
        labels.append(_step_label(trials, successes, label, max(wrong, 1 - wrong)))
    return SolutionLabels(steps=tuple(labels), first_error=_first_error(labels))


def _first_error(labels: list[StepLabel]) -> int | None:
    """The first -1 where all before it are +1; -1 where all are +1; None where a step in between is not known."""
    for index, step in enumerate(labels):
        if step.label != 1:
            return index if step.label == -1 else None
    return -1


def _step_label(trials: int, successes: int, label: int | None, confidence: float) -> StepLabel:
    return StepLabel(
        n_trials=trials,
        n_successes=successes,
        mc_value=successes / trials if trials else None,
        label=label,
        confidence=confidence,
    )
