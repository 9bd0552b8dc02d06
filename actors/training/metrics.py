"""Metrics of a training: one JSON line per step, across kills; its epochs, tokens and pace."""

from __future__ import annotations

import json
import time
from itertools import accumulate, islice
from pathlib import Path

from actors.training_data.batches import Order, Rows


class MetricsFile:
    """JSON lines of all steps. Lines behind step `keep`, which a resumed training repeats, are dropped at the start."""

    def __init__(self, path: Path, keep: int) -> None:
        self._path = path
        self.first: dict[str, float] = {}
        # A resumed training does the steps behind its checkpoint again.
        kept = [line for line in _lines(path) if line["step"] <= keep]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in kept))
        if kept:
            self.first = {"loss_first": kept[0]["loss"]}

    def append(self, line: dict[str, float]) -> None:
        """Add the metrics of one step; `first` becomes the loss of the first ever."""
        if not self.first:
            self.first = {"loss_first": line["loss"]}
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _lines(path: Path) -> list[dict[str, float]]:
    """Return the whole lines of a metrics file; one that a kill cut short is left out."""
    if not path.is_file():
        return []
    lines = []
    for text in path.read_text().splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            # A line that a kill cut short.
            continue
    return [line for line in lines if isinstance(line, dict) and "step" in line and "loss" in line]


class TrainingProgress:
    """Epochs and tokens after each step, and the pace between two of them.

    Args:
      rows: the data set.
      order: rows of all steps.
      per_step: rows of one step.
      done: steps that were done before a kill.
    """

    def __init__(self, rows: Rows, order: Order, per_step: int, done: int) -> None:
        tokens = accumulate((0 if index is None else rows.tokens(index) for index in order.rows), initial=0)
        self._tokens = list(islice(tokens, 0, None, per_step))
        real = sum(index is not None for index in order.rows)
        self._epochs = [min(step * per_step, real) / len(rows.rows) for step in range(order.steps + 1)]
        self._last = (done, time.monotonic())

    def ends_epoch(self, step: int) -> bool:
        """Return True when an epoch, or the training, ends with this step."""
        return step == len(self._epochs) - 1 or int(self._epochs[step]) > int(self._epochs[step - 1])

    def after(self, step: int) -> dict[str, float]:
        """Return `step`, `epoch`, `tokens` (since step 0) and `tokens_per_second` (since the call before)."""
        now = time.monotonic()
        (before, then), self._last = self._last, (step, now)
        pace = (self._tokens[step] - self._tokens[before]) / max(now - then, 1e-9)
        return {
            "step": step,
            "epoch": self._epochs[step],
            "tokens": self._tokens[step],
            "tokens_per_second": round(pace, 1),
        }

    def exclude_pause(self) -> None:
        """Leave the time since the last step out of the pace: it was spent on something else."""
        self._last = (self._last[0], time.monotonic())
