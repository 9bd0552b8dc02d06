"""Asks of Ray's autoscaler: room for the engines and hands that a run wants, and none of it at its end.

Ray keeps the last wish until it is replaced, whoever made it: a run that ends takes its own back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ray._private import state
from ray.experimental.internal_kv import _internal_kv_get, _internal_kv_initialized

from pipelines.elastic.head import HeadAway, Question

Bundle = Mapping[str, float]
"""Room for one actor, or one part of it: resources by Ray's names."""

# Seconds to wait for the head.
HEAD_S = 5.0
# Key at which Ray's monitor says how the cluster is; and its types of nodes where no autoscaler makes any.
_STATUS_KEY = "__autoscaling_status"
_GIVEN = re.compile(r"node_[0-9a-f]+|local_node")


class Asks:
    """Wish of one run.

    Args:
      ask: tells Ray; a test has a pretend one.
    """

    def __init__(self, ask: Callable[[list[dict[str, float]]], Any] | None = None) -> None:
        self._ask = ask or _tell_ray
        self._last: list[dict[str, float]] = []

    def want(self, bundles: Sequence[Bundle]) -> None:
        """Wish for room for all of this at the same time, if that is another wish than the last one."""
        wish = [dict(bundle) for bundle in bundles if any(bundle.values())]
        if wish == self._last:
            return
        # A head that does not answer just now is told the next time that somebody wishes.
        with suppress(HeadAway):
            Question(partial(self._ask, wish), HEAD_S).answer()
            self._last = wish

    def close(self) -> None:
        """Take the wish back."""
        self.want([])


def has_autoscaler() -> bool:
    """Return whether an autoscaler works for this cluster, so that room may come for what does not fit now.

    Where nobody can say, none does.
    """
    try:
        return bool(_internal_kv_initialized()) and Question(_is_scaled, HEAD_S).answer()
    except HeadAway:
        return False


def _is_scaled() -> bool:
    """Return whether the head knows of an autoscaler."""
    if makes_nodes(_internal_kv_get(_STATUS_KEY)):
        return True
    # KubeRay's newer one says which groups of nodes there may be.
    config = state.state.get_cluster_config()
    return config is not None and len(config.node_group_configs) > 0


def makes_nodes(status: bytes | None) -> bool:
    """Return whether the status that Ray's monitor has written is one of an autoscaler.

    The monitor runs on every cluster. Where nobody makes nodes, each is of a type of its own that is named after it.
    """
    try:
        report = json.loads(status or b"{}").get("autoscaler_report") or {}
        types = {*report.get("active_nodes", {}), *report.get("idle_nodes", {}), *report.get("pending_launches", {})}
    except (ValueError, TypeError, AttributeError):
        return False
    return any(not _GIVEN.fullmatch(str(name)) for name in types)


def _tell_ray(bundles: list[dict[str, float]]) -> None:
    # Imported late: it brings half of Ray's command line along.
    from ray.autoscaler.sdk import request_resources

    request_resources(bundles=bundles)
