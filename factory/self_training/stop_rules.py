"""Stop rule of self-training: rounds without a gain. Budgets, which every run may have: `factory/spending.py`."""

from __future__ import annotations

from collections.abc import Sequence


def rounds_without_gain(accuracies: Sequence[float], min_gain: float) -> int:
    """Return how many of the last rounds, in a row, have not beaten the best before them by `min_gain`.

    The first of `accuracies` (shares, 0 to 1) is from before the first round.
    """
    best, rounds = accuracies[0], 0
    for accuracy in accuracies[1:]:
        # Tolerance, since shares of questions are no exact floats: 0.28 + 0.01 > 0.29.
        rounds = 0 if accuracy - best >= min_gain - 1e-9 else rounds + 1
        best = max(best, accuracy)
    return rounds


def no_gain(accuracies: Sequence[float], patience: int, min_gain: float, what: str = "greedy accuracy") -> str | None:
    """Return a sentence for the log when enough rounds in a row have gained nothing, else None.

    Args:
      accuracies: accuracy before the first round and after each round, 0 to 1.
      patience: rounds without a gain that end the run; 0 switches this rule off.
      min_gain: smallest difference that counts as a gain.
      what: name of the accuracy, for the sentence.
    """
    # Without any accuracy there is nothing to compare with, so no round was in vain.
    vain = rounds_without_gain(accuracies, min_gain) if patience and accuracies else 0
    if not patience or vain < patience:
        return None
    return f"no gain of {min_gain:g} in {what} for {vain} rounds, stop.patience is {patience}"
