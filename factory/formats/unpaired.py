"""Unpaired preferences, as Kahneman-Tversky optimisation reads them (Ethayarajh et al., arXiv 2402.01306; TRL's
KTOTrainer): the rows of `orm` that say what the policy itself does, each text once.

So left out are given and hinted solutions and rollouts from prefixes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from factory.export.flat_rows import is_judged, is_sampled
from factory.formats import orm
from factory.text.wording import trimmed

SUFFIX, FEATURES, COLUMNS, labels = orm.SUFFIX, orm.FEATURES, orm.COLUMNS, orm.labels


def uses(solution: Mapping[str, Any]) -> bool:
    """Whether it was sampled and judged."""
    return is_judged(solution) and is_sampled(solution)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The sampled solutions of a record that were judged, of those with the same text the first."""
    seen: set[str] = set()
    for solution in record["solutions"]:
        if uses(solution):
            text = trimmed(solution["text"])  # right and wrong ones are among them: 10⁵ must not be 105 here
            if text not in seen:
                yield orm.labelled(record, solution)
            seen.add(text)
