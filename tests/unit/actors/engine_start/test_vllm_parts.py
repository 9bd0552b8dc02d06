"""Arguments of vLLM for the parts of an engine: alike but for their place."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from actors.engine_runtime.vllm_settings import Config
from actors.engine_start import vllm_parts
from actors.engine_start.span import Span
from actors.engine_start.vllm_parts import arguments_of, common

CONFIG = Config(tensor_parallel_size=3, nodes=3)


def spans(**shared: Any) -> list[Span]:
    first = Span(rank=0, nodes=3, host="10.0.0.0", address="10.0.0.0", port=20_000, common={**common(CONFIG), **shared})
    return [replace(first, rank=rank, host=f"10.0.0.{rank}") for rank in range(3)]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_HOST_IP", "")


def test_parts_differ_in_their_rank_alone_and_know_their_own_address() -> None:
    arguments = []
    for span in spans():
        arguments.append(arguments_of(CONFIG, "m", span))
        assert os.environ["VLLM_HOST_IP"] == span.host
    assert [one.pop("node_rank") for one in arguments] == [0, 1, 2]
    assert arguments[0] == arguments[1] == arguments[2]
    wanted = {"nnodes": 3, "master_addr": "10.0.0.0", "master_port": 20_000, "distributed_executor_backend": "mp"}
    assert wanted.items() <= arguments[0].items()


def test_what_the_leader_chose_holds_on_another_kind_of_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_parts, "cpu_has_bfloat16", lambda: False)
    assert arguments_of(CONFIG, "m", spans(dtype="bfloat16")[1])["dtype"] == "bfloat16"
    assert arguments_of(CONFIG, "m", None)["dtype"] == "float32"


def test_what_a_person_says_wins_over_what_is_chosen() -> None:
    config = Config(tensor_parallel_size=3, nodes=3, extra={"seed": 7})
    assert arguments_of(config, "m", spans()[2])["seed"] == 7


def test_an_engine_on_one_node_looks_for_no_others() -> None:
    arguments = arguments_of(Config(), "m", None)
    assert not {"nnodes", "node_rank", "master_addr", "distributed_executor_backend"} & arguments.keys()
    assert arguments_of(Config(), "m", None)["seed"] != arguments["seed"]
