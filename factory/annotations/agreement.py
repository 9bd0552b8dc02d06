"""Agreement of people with the labels of a run: how often they say the same of a step, and how sure that share is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt

from factory.annotations.annotation import CANNOT_TELL, RIGHT, WRONG, Annotation

_Z = 1.959964  # of a 95 % interval


@dataclass(slots=True, kw_only=True)
class Share:
    """Share of annotated steps on which person and run agree.

    Attributes:
      agreed: steps with the same label.
      compared: steps that both have labelled.
    """

    agreed: int = 0
    compared: int = 0

    @property
    def rate(self) -> float | None:
        """Agreement rate; None where nothing could be compared."""
        return self.agreed / self.compared if self.compared else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the rate (Wilson, JASA 22, 1927); None where nothing could be compared."""
        if not self.compared:
            return None
        n, rate = self.compared, self.agreed / self.compared
        middle, spread = rate + _Z**2 / (2 * n), _Z * sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
        whole = 1 + _Z**2 / n
        return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)

    def add(self, agrees: bool) -> None:
        """Count one step."""
        self.agreed += agrees
        self.compared += 1


@dataclass(slots=True, kw_only=True)
class Agreement:
    """Agreement of all people with a run.

    Attributes:
      annotations: judgements that count.
      whole: over all steps that could be compared.
      by_label: by the label of the run, 1 or -1.
      by_person: by the name of the person.
      cannot_tell: steps of which a person says that nobody can tell.
      unlabelled: steps that a person has labelled and the run has not.
    """

    annotations: int = 0
    whole: Share = field(default_factory=Share)
    by_label: dict[int, Share] = field(default_factory=lambda: {RIGHT: Share(), WRONG: Share()})
    by_person: dict[str, Share] = field(default_factory=dict)
    cannot_tell: int = 0
    unlabelled: int = 0

    @property
    def short(self) -> str:
        """The agreement in a few words."""
        if not self.annotations:
            return "no step is annotated yet"
        if self.whole.rate is None:
            return f"{_counted(self.annotations, 'annotation')}, none of a step that the run has labelled"
        of_whom = f"{self.whole.agreed:,} of {_counted(self.whole.compared, 'label')}"
        return f"people agree with {of_whom} ({_percent(self.whole.rate)})"

    @property
    def sentence(self) -> str:
        """The agreement in words, with how sure that is and by which labels it was compared."""
        if self.whole.interval is None:
            return self.short
        low, high = self.whole.interval
        parts = [
            f"{share.agreed:,} of {_counted(share.compared, 'label')} “{name}”"
            for label, name in _CALLED
            if (share := self.by_label[label]).compared
        ]
        return f"{self.short}: {', '.join(parts)}; 95 % interval {_percent(low)} to {_percent(high)}"


_CALLED = ((RIGHT, "right"), (WRONG, "wrong"))


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def agreement(annotations: Iterable[Annotation]) -> Agreement:
    """Return the agreement of annotations that count, as `factory.annotations.annotation.latest` gives them."""
    total = Agreement()
    for annotation in annotations:
        total.annotations += 1
        total.cannot_tell += annotation.label == CANNOT_TELL
        agrees = annotation.agrees
        if agrees is None:
            total.unlabelled += annotation.label != CANNOT_TELL
            continue
        assert annotation.run_label is not None
        for share in (
            total.whole,
            total.by_label[annotation.run_label],
            total.by_person.setdefault(annotation.person, Share()),
        ):
            share.add(agrees)
    return total
