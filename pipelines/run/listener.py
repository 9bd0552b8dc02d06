"""Listener of a run: a display overrides the methods whose news it shows.

Pipelines call these methods and never print; `tools` decides what a person sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.driving.drive import Progress
from pipelines.driving.events import Event
from pipelines.planning.survey import Survey


@dataclass(frozen=True)
class Outlook:
    """Work that lies before a run, told before the first unit.

    Attributes:
      folder: the run folder, as the user named it.
      survey: counts of the source: questions, doubles, gold answers that do not verify.
      units: all units of the run.
      committed: units that earlier attempts have committed and that stay as they are.
      again: committed units that are taken up again, to retry failed questions or because more is asked for.
      questions: questions of the units that are to be done.
      least: rollouts that every question takes at least; 0 where that is not known.
    """

    folder: str
    survey: Survey
    units: int
    committed: int
    again: int = 0
    questions: int = 0
    least: int = 0


class Listener:
    """Receiver of a run's news. Every method may be overridden, none has to be."""

    def say(self, line: str) -> None:
        """Hear that a stage begins, or that something worth a line happened."""

    def begin(self, outlook: Outlook) -> None:
        """Hear what lies ahead: the source is read, the first unit is about to start."""

    def progress(self, progress: Progress) -> None:
        """Hear how far the units are, twice a second while some are in flight."""

    def event(self, event: Event) -> None:
        """Hear what happened to a single unit, question or actor: too much for a display, but not for a log."""

    def training(self, report: Mapping[str, float]) -> None:
        """Hear the latest report of a trainer: step, loss, tokens per second."""
