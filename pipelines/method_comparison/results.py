"""Results of the runs of a comparison: a small file beside each run folder, whose `scores` say that it is done.

It names the run by fingerprint and amounts: a result of what is no longer asked for is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from factory.evaluation.method_scores import MethodScores
from factory.storage.store import Store
from pipelines.method_comparison.parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Result of one run.

    Attributes:
      scores: answers and costs; None while it is not done.
      seconds: time that its questions took on ready actors, over all attempts but those that were killed.
    """

    scores: MethodScores | None = None
    seconds: float = 0.0


class Results:
    """Results in the folder of a comparison."""

    def __init__(self, store: Store, folder: str) -> None:
        """Read and write in `store`, which is the comparison's `folder`."""
        self._store = store
        self._folder = folder

    def of(self, part: Part) -> Result:
        """Return the result of a run, as far as it is."""
        try:
            kept = json.loads(self._store.read(self._name(part)))
        except FileNotFoundError:
            return Result()
        if kept["run"] != _identity(part):
            return Result()
        return Result(scores=MethodScores(**kept["scores"]) if kept["scores"] else None, seconds=kept["seconds"])

    def add(self, part: Part, seconds: float, scores: MethodScores | None) -> Result:
        """Keep what an attempt came to: the seconds that it took, and the scores where the run is done by now."""
        before = self.of(part)
        result = replace(before, scores=scores, seconds=round(before.seconds + seconds, 3))
        kept = {"run": _identity(part), **asdict(result)}
        self._store.replace(self._name(part), (json.dumps(kept, indent=1) + "\n").encode())
        return result

    def _name(self, part: Part) -> str:
        return part.settings.run.dir.removeprefix(f"{self._folder}/") + ".json"


def _identity(part: Part) -> Mapping[str, Any]:
    return {"fingerprint": part.settings.fingerprint, "effort": part.settings.effort}
