"""Origin of what an export holds, as far as its manifest knows. Of imported data nothing is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.records.validation import IMPORTED
from factory.rollouts.nodes import GIVEN
from factory.text.markdown import code

_MACHINE = "machine-generated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Makers of the solutions.

    * `sampled`: by models of the runs. `given`: with the questions.
    * `imported`: with their labels, from other data; `layouts`: the formats of those.
    """

    sampled: bool
    given: bool
    imported: bool
    layouts: tuple[str, ...]

    @property
    def creators(self) -> dict[str, Any]:
        """Fields of the card's YAML on who labelled and who wrote, where that is known."""
        labelled = {} if self.imported else {"annotations_creators": [_MACHINE]}
        return {**labelled, "language_creators": [_MACHINE]} if self.synthetic else labelled

    @property
    def synthetic(self) -> bool:
        """True where models wrote all of it."""
        return self.sampled and not (self.given or self.imported)

    def sentences(self, models: list[str]) -> list[str]:
        """Return what the data are, in sentences. `models`: names as Markdown."""
        by = f" Sampled from {', '.join(models)}." if models and self.sampled else ""
        layouts = f" in the layout {', '.join(code(name) for name in self.layouts)}" if self.layouts else ""
        said = [
            (
                self.sampled,
                "Solutions that a language model sampled, judged by a checker against gold answers; where their steps "
                f"have labels, these come from the labeller named below.{by}",
            ),
            (self.given, "Solutions that were given with the questions."),
            (
                self.imported,
                f"Solutions and labels that were imported from other data{layouts}. Who wrote and who labelled those, "
                "is for their source to say.",
            ),
        ]
        return [sentence for holds, sentence in said if holds]


def origin_of(manifest: Mapping[str, Any]) -> Origin:
    """Return the origin of an export's content."""
    layouts = tuple(dict.fromkeys(str(run["imported_from"]) for run in manifest["runs"] if run.get("imported_from")))
    methods = set((manifest.get("facts") or {}).get("methods") or {})
    imported = IMPORTED in methods or bool(layouts)
    # A manifest that names no method at all is taken for one of sampled data.
    sampled = bool(methods - {GIVEN, IMPORTED, "null"}) or not (methods or imported)
    return Origin(sampled=sampled, given=GIVEN in methods, imported=imported, layouts=layouts)
