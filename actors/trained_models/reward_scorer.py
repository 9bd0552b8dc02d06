"""Reward models asked for scores of many solutions, in a process of one's own (`actors/scoring/` does the work)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actors.scoring.scorer import Scorer
from actors.scoring.settings import AUTO, SOLUTION, Config
from factory.errors import BadInput
from factory.types import Scores


class _RewardModel:
    """Reward model in a folder, in float32 on a CPU, in its own type on a GPU.

    Args:
      folder: model folder, or any name that `ensure_local` knows.
      batch_size: texts of one forward pass at most.
      device: torch device.
      separator: text behind every step in training; by default what the folder says.
      max_length: tokens; a longer text gets None for its score, as one does that is longer than the model can read.

    Raises:
      BadInput: the folder holds no such model, or does not name its separator.
    """

    LAYOUT = AUTO

    def __init__(
        self,
        folder: str,
        *,
        batch_size: int = 16,
        device: str = "cpu",
        separator: str | None = None,
        max_length: int | None = None,
    ) -> None:
        config = Config(
            layout=self.LAYOUT,
            separator=separator,
            max_num_seqs=batch_size,
            max_model_len=max_length,
            num_gpus=float(device != "cpu"),
        )
        self._scorer = Scorer(folder, config)

    def _scored(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> list[Scores | None]:
        """Return the scores of each solution; None for one that has none."""
        scored = self._scorer.scores(solutions)
        return [scores if isinstance(scores, Scores) else None for scores in scored]


class StepScorer(_RewardModel):
    """Process reward model: scores after every step."""

    def scores(self, solutions: Sequence[tuple[str, Sequence[str]]]) -> list[list[float] | None]:
        """Return, for each (prompt, steps), the chance after every step that all is right up to there.

        A solution that is too long gets None.
        """
        if self._scorer.layout == SOLUTION:
            raise BadInput(f"{self._scorer.folder} judges whole solutions; expected a process reward model")
        scored = self._scored(solutions)
        return [
            [] if not steps else list(scores.steps) if scores else None
            for (_, steps), scores in zip(solutions, scored, strict=True)
        ]


class SolutionScorer(_RewardModel):
    """Outcome reward model: scores of whole solutions."""

    LAYOUT = SOLUTION

    def scores(self, solutions: Sequence[tuple[str, str]]) -> list[float | None]:
        """Return, for each (prompt, solution), the chance that it is right; None for one that is too long."""
        scored = self._scored((prompt, [text]) for prompt, text in solutions)
        return [scores.whole if scores else None for scores in scored]
