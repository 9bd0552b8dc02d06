"""Unpaired preferences, as Kahneman-Tversky optimisation reads them (Ethayarajh et al., arXiv 2402.01306; TRL's
KTOTrainer): the rows of `orm` that say what the policy itself does, each text once.

Given and hinted solutions, those that a search guided or revised, rollouts from prefixes and texts that were cut off
are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from factory.export.flat_rows import is_flawed, is_judged, is_sampled, is_whole
from factory.formats import orm
from factory.records.thought_fields import whole_text
from factory.text.wording import trimmed

SUFFIX, FEATURES, COLUMNS, labels = orm.SUFFIX, orm.FEATURES, orm.COLUMNS, orm.labels
WHOLE_TEXTS = True


def uses(solution: Mapping[str, Any]) -> bool:
    """Return True when a solution was sampled, judged and not cut off, and is not right in spite of a wrong step."""
    return is_judged(solution) and is_sampled(solution) and is_whole(solution) and not is_flawed(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per such solution; of equal texts only the first."""
    seen: set[str] = set()
    for solution in record["solutions"]:
        if uses(solution):
            # Only white space is ignored: right and wrong solutions are among them, and 10⁵ must not equal 105.
            text = trimmed(whole_text(solution))
            if text not in seen:
                yield orm.labelled(record, solution)
            seen.add(text)
