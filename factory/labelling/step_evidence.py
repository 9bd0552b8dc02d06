"""Evidence on the steps of one solution: rollout counts and opinions, and the labels that they support."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from factory.labelling.opinions import NONE, Opinion


class StepEvidence:
    """Rollout counts of one solution, and the labels that they support.

    `counts[t]` = (trials, successes) of the prefix of t steps, for t = 0..M. The last prefix is the whole solution; its
    one trial is the verdict.
    """

    def __init__(self, counts: Iterable[tuple[int, int]], correct: bool, opinions: Sequence[Opinion] = ()) -> None:
        """Take the counts of the prefixes of 0..M-1 steps, the verdict, and what others say of the first error."""
        self.counts = [*counts, (1, int(correct))]
        self._deepest_success = max((depth for depth, (_, hits) in enumerate(self.counts) if hits), default=-1)
        self._measured = any(trials for trials, _ in self.counts[1:-1])
        self._wrong = not correct
        self._said = [opinion.first_error for opinion in opinions]

    def supports(self, label: int | None, depth: int) -> bool:
        """Return True when any evidence supports `label` behind the first `depth` steps.

        For +1 that is a success from there or from a later step. For -1 it is the verdict on the whole solution, or
        rollouts from inside this solution, if the policy has solved the question at all. An opinion supports what it
        says.
        """
        if any((label == 1) == (said == NONE or depth <= said) for said in self._said):
            return True
        if label == 1:
            return depth <= self._deepest_success
        if depth == len(self.counts) - 1:
            return self._wrong
        return self._measured and self._deepest_success >= 0

    def hard_estimates(self) -> list[int | None]:
        """Return +1, -1 or None for every step (see `SolutionLabeller.by_counts`)."""
        return self._spread([(1 if hits else -1) if trials else None for trials, hits in self.counts])

    def by_progress(self, share: float) -> list[int | None]:
        """Return +1, -1 or None for every step by relative progress (GenPRM, Zhao et al., arXiv 2504.00891).

        A measured step is right where the share of rollouts from behind it that succeed is at least `share` times that
        from the last measured prefix before it. Behind the first wrong step all are wrong, but for the last one, which
        has the verdict.
        """
        # Without rollouts of the question the first measured prefix has to succeed at all.
        (trials, hits), *behind = self.counts
        last = hits / trials if trials else 0.0
        own: list[int | None] = [None]
        for trials, hits in behind:
            now = hits / trials if trials else last
            lost = now < share * last or (trials and not hits)
            own.append(-1 if lost or -1 in own else 1 if trials else None)
            last = now
        if not self._wrong:
            own[-1] = 1
        return self._spread(own)

    @staticmethod
    def _spread(own: Sequence[int | None]) -> list[int | None]:
        """Return the estimates of all steps from those of the measured prefixes, shape [M + 1], the question first."""
        # A step without rollouts gets the estimate that its nearest measured neighbours agree on. The bare question
        # counts as right: it precedes every error.
        before = list(accumulate([1, *own[1:]], _latest))
        after = list(accumulate(reversed(own), _latest))[::-1]
        return [
            now or (behind if behind == ahead else None)
            for now, behind, ahead in zip(own[1:], before[1:], after[1:], strict=True)
        ]


def _latest(last: int | None, now: int | None) -> int | None:
    """Return the later estimate, or the earlier one where there is no later one."""
    return now or last
