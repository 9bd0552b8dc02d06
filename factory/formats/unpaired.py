"""Unpaired preferences, as Kahneman-Tversky optimisation reads them (Ethayarajh et al., arXiv 2402.01306; TRL's
KTOTrainer): the rows of `orm` that say what the policy itself does, each text once.

So left out are given and hinted solutions and rollouts from prefixes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from factory.flat_rows import is_judged, is_sampled
from factory.formats import orm
from factory.wording import normalised

SUFFIX, FEATURES, COLUMNS = orm.SUFFIX, orm.FEATURES, orm.COLUMNS


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The sampled solutions of a record that were judged, of those that are worded the same the first."""
    seen: set[str] = set()
    for solution in record["solutions"]:
        if is_judged(solution) and is_sampled(solution):
            wording = normalised(solution["text"])
            if wording not in seen:
                yield orm.labelled(record, solution)
            seen.add(wording)
