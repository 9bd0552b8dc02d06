"""The last lines of a command that ran a story: what there is, where it lies, what to do next."""

from __future__ import annotations

from functools import singledispatch

from factory.self_training.training import as_json
from pipelines import label_steps, star, train
from tools.commands.display import clock
from tools.commands.display import summary_lines as label_steps_lines
from tools.commands.star_table import round_lines
from tools.commands.train_table import trained_lines


@singledispatch
def summary_lines(summary: object) -> list[str]:
    """A story's summary for the terminal."""
    raise TypeError(f"no lines for a {type(summary).__name__}: register them here")


summary_lines.register(label_steps.Summary, label_steps_lines)


@summary_lines.register
def _(summary: star.StarSummary) -> list[str]:
    folder = summary.folder
    head = f"complete{summary.stopped and f': {summary.stopped}'}"
    if not summary.complete:
        head = f"not complete. Go on with: factory resume {folder}"
    return [
        f"run {head} ({clock(summary.seconds)})",
        *round_lines(summary.rounds),
        *([f"accuracy       {folder}/{star.PLOT}"] if summary.rounds else []),
        *weights_lines(summary),
        *([f"look           factory inspect {folder}/round_0/sample"] if 0 in summary.rounds else []),
        f"more rounds    factory resume {folder} star.rounds=N",
    ]


@summary_lines.register
def _(summary: train.TrainSummary) -> list[str]:
    return [f"training complete ({clock(summary.seconds)})", *trained_lines(as_json(summary.trained), summary.trainer)]


def weights_lines(summary: star.StarSummary) -> list[str]:
    """Where the newest weights lie, once there are some."""
    trained = [phases["train"]["folder"] for phases in summary.rounds.values() if "train" in phases]
    return [f"weights        {trained[-1]}"] if trained else []
