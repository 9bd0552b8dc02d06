"""Wishes for room, and whether anybody may grant them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ray.exceptions import RpcError

from pipelines.elastic.asks import Asks, makes_nodes


def test_a_wish_is_told_when_it_changes_and_taken_back_at_the_end() -> None:
    told: list[Any] = []
    asks = Asks(told.append)
    asks.want([{"CPU": 1.0}, {}])
    asks.want([{"CPU": 1.0}])
    asks.want([{"CPU": 1.0}, {"CPU": 1.0}])
    asks.close()
    asks.close()
    assert told == [[{"CPU": 1.0}], [{"CPU": 1.0}] * 2, []]


def test_a_run_that_wished_for_nothing_takes_back_nobodys_wish() -> None:
    told: list[Any] = []
    Asks(told.append).close()
    assert not told


def test_a_wish_that_was_not_heard_is_told_again() -> None:
    heard: list[Any] = []

    def ask(bundles: list[Any]) -> None:
        heard.append(bundles)
        if len(heard) == 1:
            raise RpcError("GCS is away")

    asks = Asks(ask)
    asks.want([{"GPU": 1.0}])
    asks.want([{"GPU": 1.0}])
    asks.want([{"GPU": 1.0}])
    assert len(heard) == 2


def test_a_bug_in_the_asking_is_raised() -> None:
    def ask(bundles: list[Any]) -> None:
        raise TypeError

    with pytest.raises(TypeError):
        Asks(ask).want([{"GPU": 1.0}])


@pytest.mark.parametrize(
    ("report", "makes"),
    [
        (None, False),
        ({"active_nodes": {"node_0a1b": 1, "node_ff": 1}}, False),
        ({"active_nodes": {"local_node": 1}}, False),
        ({"active_nodes": {"ray.head.default": 1}}, True),
        ({"active_nodes": {}, "pending_launches": {"gpu-group": 3}}, True),
        ({"active_nodes": 3}, False),
    ],
)
def test_an_autoscaler_is_known_by_nodes_of_types_that_somebody_named(report: Any, makes: bool) -> None:
    assert makes_nodes(json.dumps({"autoscaler_report": report}).encode()) == makes


@pytest.mark.parametrize("status", [None, b"", b"{", b"[]", b"3"])
def test_a_status_that_cannot_be_read_is_no_autoscaler(status: bytes | None) -> None:
    assert not makes_nodes(status)
