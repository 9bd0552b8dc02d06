"""Pairs of next steps behind the same prefix, one better than the other, from a record's tree.

Step-DPO (Lai et al., arXiv 2406.18629, sec. 3) prefers a step that leads to the right answer to one that does not,
behind the same prefix. Which one is better is known from one of these, the first that both steps have:

* `ROLLOUTS`: the share of rollouts from there that reached the gold answer (OmegaPRM, Luo et al., arXiv 2406.06592). A
  step that ends a judged solution has its verdict as the value.
* `REWARD`: the mean of what a tree search backed up there.
* `SCORE`: a verifier's score of the step.

A pair is made only of what is sure enough. The difference is at least `MARGIN`. Shares of rollouts rest on at least
`TRIALS` each, and the better one is the better one but for a probability of `DOUBT`, each share's posterior being a
Beta distribution from a flat prior; among many siblings it has to be surer. Rewards rest on at least `VISITS`. Rewards
and scores are opinions, so outcomes have to agree with them: a right solution goes through the better step, wrong ones
and none that is right through the other. And the prefix has to be sound (`_is_sound`).

A step that a labeller has located as the first wrong one, or that is behind it, is never the better one. A right
solution with a wrong step somewhere (`is_flawed`) speaks for no step, and its ending is in no pair.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.export.flat_rows import is_flawed, is_judged, is_right, is_whole
from factory.export.value_trees import judged_tree
from factory.records.thought_fields import whole_text
from factory.text.wording import normalised
from factory.types import POLICY

ROLLOUTS, REWARD, SCORE = "rollouts", "reward", "score"
MARGIN, TRIALS, VISITS, DOUBT = 0.2, 2, 4, 0.05
# Pairs behind a prefix by one kind of value: endings behind a lucky prefix shall not outnumber all others.
PAIRS_PER_PREFIX = 2
# Share of right solutions behind a prefix, against that of the bare question, below which it may hold an error; opinion
# of a prefix from which on it is taken for good.
SOUND, GOOD = 0.7, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StepValue:
    """Value of a step: `evidence` counts rollouts or visits, None where a verdict or a score needs none."""

    value: float
    evidence: int | None = None
    successes: int = 0


@dataclass(slots=True, kw_only=True)
class _Step:
    """Node of a tree, with all that speaks for or against it.

    * `right`, `wrong`: judged solutions through it, without flawed ones.
    * `is_wrong`: True where a labeller has located a first error up to here.
    """

    row: Mapping[str, Any]
    prefix: str
    depth: int
    right: int = 0
    wrong: int = 0
    is_wrong: bool = False
    values: dict[str, StepValue] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Text of the solution up to here, this step included."""
        return self.prefix + str(self.row["text"])

    @property
    def is_end(self) -> bool:
        """True where a solution ends."""
        return bool(self.row["terminal"])


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPair:
    """Pair of next steps behind `prefix`.

    * `chosen`, `rejected`: texts of the prefix with the better and with the other step.
    * `chosen_node`, `rejected_node`: their numbers in the tree. `depth`: steps of the prefix.
    * `action`: what led to both, in the search method's word.
    * `by`: `ROLLOUTS`, `REWARD` or `SCORE`.
    * `confidence`: probability that the better one is better; None where it is not known.
    """

    prefix: str
    chosen: str
    rejected: str
    chosen_node: int
    rejected_node: int
    depth: int
    action: str
    by: str
    chosen_value: StepValue
    rejected_value: StepValue
    confidence: float | None

    @property
    def margin(self) -> float:
        """Difference of the values."""
        return self.chosen_value.value - self.rejected_value.value


def step_pairs(record: Mapping[str, Any]) -> Iterator[StepPair]:
    """Yield the pairs of a record's tree, prefix by prefix; a step is in one pair at most.

    Behind an error nothing is better than something else, as the answer may be right by luck. Behind the bare question
    two steps that each end a solution are no pair: they are whole solutions.
    """
    steps = {step.row["node"]: step for step in _steps(record)}
    by_parent: dict[tuple[int, str], list[_Step]] = defaultdict(list)
    for step in steps.values():
        if step.row["parent"] is not None:
            by_parent[step.row["parent"], step.row["action"] or ""].append(step)
    root = next(iter(steps.values()), None)
    for (parent, _), siblings in by_parent.items():
        left = siblings
        for by in (ROLLOUTS, REWARD, SCORE):
            pairs = list(_pairs(left, by, steps[parent], root))
            used = {node for pair in pairs for node in (pair.chosen_node, pair.rejected_node)}
            left = [step for step in left if step.row["node"] not in used]
            yield from pairs


def probability_greater(one: StepValue, other: StepValue) -> float:
    """Return the probability that the true value of `one` is greater than that of `other`.

    Shares of rollouts have Beta posteriors from a flat prior. A value without evidence is exact.
    """
    if one.evidence is None or other.evidence is None:
        return float(one.value > other.value)
    right, wrong = one.successes + 1, one.evidence - one.successes + 1
    others_right, others_wrong = other.successes + 1, other.evidence - other.successes + 1
    # Sum over the draws of `one` (E. Miller, "Formulas for Bayesian A/B Testing", 2015), exact for whole numbers.
    return math.fsum(
        math.exp(
            _log_beta(others_right + i, others_wrong + wrong)
            - math.log(wrong + i)
            - _log_beta(1 + i, wrong)
            - _log_beta(others_right, others_wrong)
        )
        for i in range(right)
    )


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _pairs(steps: Sequence[_Step], by: str, prefix: _Step, root: _Step | None) -> Iterator[StepPair]:
    """Yield pairs of steps behind `prefix` with values of one kind: the best with the worst, then the next ones."""
    valued = sorted((step for step in steps if by in step.values), key=lambda step: step.values[by].value)
    # The more there are, the farther apart chance puts the best and the worst (Bonferroni's correction).
    doubt = DOUBT / max(1, math.comb(len(valued), 2))
    made = 0
    while len(valued) > 1 and made < PAIRS_PER_PREFIX:
        best = valued.pop()
        # What a labeller calls wrong is not to be learnt, however often it was mended behind.
        if root is None or best.is_wrong or not _is_sound(prefix, root, by, best):
            continue
        # The worst that may stand against it: the same words in another spelling may not.
        worst = next((other for other in valued if _is_pair(best, other, by, doubt)), None)
        if worst is not None:
            valued.remove(worst)
            made += 1
            yield _pair(best, worst, by)


def _is_pair(best: _Step, other: _Step, by: str, doubt: float) -> bool:
    """Return whether one step is better than the other, but for a probability of `doubt`."""
    mine, theirs = best.values[by], other.values[by]
    # A third of a third is not exactly a ninth.
    if mine.value - theirs.value < MARGIN - 1e-9 or normalised(best.row["text"]) == normalised(other.row["text"]):
        return False
    if best.depth == 1 and best.is_end and other.is_end:
        return False
    if by == ROLLOUTS:
        return probability_greater(mine, theirs) >= 1 - doubt
    return best.right > 0 and other.right == 0 and other.wrong > 0


def _pair(best: _Step, worst: _Step, by: str) -> StepPair:
    mine, theirs = best.values[by], worst.values[by]
    return StepPair(
        prefix=best.prefix,
        chosen=best.text,
        rejected=worst.text,
        chosen_node=best.row["node"],
        rejected_node=worst.row["node"],
        depth=best.depth - 1,
        action=best.row["action"] or "",
        by=by,
        chosen_value=mine,
        rejected_value=theirs,
        confidence=probability_greater(mine, theirs) if by == ROLLOUTS else None,
    )


def _steps(record: Mapping[str, Any]) -> Iterable[_Step]:
    """Return the nodes of a record's tree with their values and outcomes, parents first."""
    # A step that was cut off is none to learn to write, whatever it led to.
    whole = {whole_text(solution) for solution in record["solutions"] if is_judged(solution) and is_whole(solution)}
    steps: dict[int, _Step] = {}
    children: dict[int, list[_Step]] = defaultdict(list)
    for row in judged_tree(record):
        above = steps.get(row["parent"])
        step = _Step(row=row, prefix=above.text if above else "", depth=above.depth + 1 if above else 0)
        if not step.is_end or step.text in whole:
            step.values |= _values(row)
        steps[row["node"]] = step
        if above is not None:
            children[row["parent"]].append(step)
    root = next(iter(steps.values()), None)
    for solution in record["solutions"]:
        if root is not None and is_judged(solution):
            _follow(_way(root, children, whole_text(solution)), solution)
    return steps.values()


def _follow(way: Iterable[_Step], solution: Mapping[str, Any]) -> None:
    """Have the nodes on the way of a judged solution learn what it says of them."""
    is_ours = solution.get("role") in (None, POLICY)
    for step in way:
        if not is_ours or (is_flawed(solution) and step.is_end):
            # It may have been told to be wrong; or its verdict hides a wrong step.
            step.values.clear()
        if not is_flawed(solution):
            step.right += is_right(solution)
            step.wrong += not is_right(solution)
        step.is_wrong |= 0 <= _first_error(solution) < step.depth


def _is_sound(prefix: _Step, root: _Step, by: str, best: _Step) -> bool:
    """Return False where a prefix may have an error, as far as all but the better step behind it tells.

    Behind an error a solution may come out right by luck, so that it does so now and then says nothing of the step that
    came last. Either a labeller has located an error; or it is not sure enough that solutions behind the prefix are
    right at least `SOUND` times as often as those of the bare question. In its place stands a search's or a verifier's
    own good opinion of the prefix, where it is to be trusted with the steps behind, if one of these solutions is right.
    """
    if prefix is root or prefix.is_wrong:
        return prefix is root
    if by != ROLLOUTS and by in prefix.values and prefix.right and prefix.values[by].value >= GOOD:
        return True
    (at_first, of_all), (here, of_these) = _counts(root), _counts(prefix)
    # A solution that ends with the better step is why that step is looked at: it must not speak for the prefix, too.
    own = int(best.is_end and here > 0)
    least = SOUND * (at_first + 1) / (of_all + 2)
    return probability_above(least, here - own, of_these - own) >= 1 - 2 * DOUBT


def _counts(step: _Step) -> tuple[int, int]:
    """Return how many solutions behind a step are right, and of how many: of its rollouts, where it has enough."""
    if (step.row["trials"] or 0) >= TRIALS:
        return step.row["successes"], step.row["trials"]
    return step.right, step.right + step.wrong


def probability_above(least: float, successes: int, trials: int) -> float:
    """Return the probability that a share is above `least`, with a flat prior and that many successes of the trials."""
    # A Beta distribution's tail is a binomial sum, for whole numbers.
    return math.fsum(
        math.comb(trials + 1, k) * least**k * (1 - least) ** (trials + 1 - k) for k in range(successes + 1)
    )


def _first_error(solution: Mapping[str, Any]) -> int:
    """Return the index of a solution's first wrong step; -1 where it has none, or nobody knows."""
    return -1 if solution["first_error"] is None else int(solution["first_error"])


def _way(root: _Step, children: Mapping[int, Sequence[_Step]], text: str) -> Iterator[_Step]:
    """Yield the nodes that a solution goes through, as far as the tree has them."""
    step: _Step | None = root
    while step is not None:
        yield step
        # Where one child's text begins with another's, the longer one is the step.
        fitting = [child for child in children.get(step.row["node"], ()) if text.startswith(child.text)]
        step = max(fitting, key=lambda child: len(child.text), default=None)


def _values(row: Mapping[str, Any]) -> dict[str, StepValue]:
    """Return the values of a node by kind, as far as it has them."""
    values = {}
    trials, successes = row["trials"] or 0, row["successes"] or 0
    if row["verdict"] in ("correct", "incorrect"):
        values[ROLLOUTS] = StepValue(value=float(row["verdict"] == "correct"))
    elif trials >= TRIALS:
        values[ROLLOUTS] = StepValue(value=successes / trials, evidence=trials, successes=successes)
    # Rows before schema 5 have neither.
    if row.get("reward") is not None and (row["visits"] or 0) >= VISITS:
        values[REWARD] = StepValue(value=row["reward"] / row["visits"], evidence=row["visits"])
    if row.get("score") is not None:
        values[SCORE] = StepValue(value=row["score"])
    return values
