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
    def sentence(self) -> str:
        """The agreement in words."""
        if not self.annotations:
            return "no step is annotated yet"
        if self.whole.interval is None or self.whole.rate is None:
            return f"{self.annotations:,} annotations, none of a step that the run has labelled"
        low, high = self.whole.interval
        parts = [f"{self.by_label[label].agreed} of {self.by_label[label].compared} {name}" for label, name in _CALLED]
        return (
            f"people agree with {self.whole.rate:.0%} of {self.whole.compared:,} labels (95 % interval {low:.0%} to "
            f"{high:.0%}; labelled {', '.join(parts)})"
        )


_CALLED = ((RIGHT, "right"), (WRONG, "wrong"))


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
