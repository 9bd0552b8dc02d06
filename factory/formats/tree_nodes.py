"""Search trees, one row per node: the text it adds to its parent, how often it was tried, and what became of it.

For value models and for looking at searches. `factory/rollouts/nodes.py` explains the counts; `value` is the share of
right rollouts from a node. Of a tree search `action` is what led to the node, in the search method's word, `reward` the
sum of what was backed up in `visits` visits, `score` a verifier's score of the step. `node` and `parent` are numbers
within a question's tree; the root has no parent, and depth 0. The texts from the root to a node, put together, are its
prefix. `verdict` belongs to a node where a solution ends: it is correct or incorrect only if that solution was judged
and is exported, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.export.value_trees import judged_tree
from factory.records.schema import TREE_NODE

SUFFIX = ".parquet"
FEATURES = pa.schema(
    [
        ("question_id", pa.string()),
        ("question", pa.string()),
        ("depth", pa.int32()),
        *TREE_NODE,
        ("run_id", pa.string()),
    ]
)
COLUMNS = ["question_id", "question", "solutions", "tree", "run_id"]


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one row per node of a record's tree, parents before their children."""
    depths: dict[int | None, int] = {None: -1}
    for node in judged_tree(record):
        depths[node["node"]] = depths[node["parent"]] + 1
        yield {
            "question_id": record["question_id"],
            "question": record["question"],
            "depth": depths[node["node"]],
            **node,
            "run_id": record["run_id"],
        }
