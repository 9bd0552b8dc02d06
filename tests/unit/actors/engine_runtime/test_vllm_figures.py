"""Tests of the figures of how full vLLM is, from a stand-in of what its scheduler says."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from actors.engine_runtime.vllm_figures import Figures, stat_loggers


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def figures(clock: Clock) -> Figures:
    made = Figures(clock)
    made.started(8, None)
    return made


def said(running: int, *, queries: int = 0, hits: int = 0) -> Any:
    """Words of vLLM's scheduler after a step."""
    prefixes = SimpleNamespace(queries=queries, hits=hits)
    return SimpleNamespace(num_running_reqs=running, kv_cache_usage=running / 10, prefix_cache_stats=prefixes)


async def test_what_was_handed_over_and_does_not_run_waits(figures):
    with figures.holding(12):
        assert (figures.stats()["running"], figures.stats()["waiting"]) == (0, 12)
        figures.record(said(8))
        stats = figures.stats()
        assert (stats["slots"], stats["running"], stats["waiting"], stats["kv_cache_usage"]) == (8, 8, 4, 0.8)


async def test_a_sample_that_is_done_waits_no_more_while_its_request_goes_on(clock):
    figures = Figures(clock)
    figures.started(8, lambda: 3)
    with figures.holding(12):
        figures.record(said(2))
        assert (figures.stats()["running"], figures.stats()["waiting"]) == (2, 1)


async def test_nothing_runs_once_all_is_answered_whatever_the_scheduler_said_last(figures, clock):
    with figures.holding(4):
        figures.record(said(4))
        clock.now += 2
    clock.now += 50
    stats = figures.stats()
    assert (stats["running"], stats["waiting"], stats["slot_seconds"], stats["most_running"]) == (0, 0, 8, 4)


async def test_silence_counts_only_while_there_is_something_to_do(figures, clock):
    clock.now += 1000
    assert figures.stats()["last_step_s"] == 0
    with figures.holding(1):
        clock.now += 5
        assert figures.stats()["last_step_s"] == 5
        figures.record(None)  # a step without figures is a sign of life, too
        clock.now += 1
        assert figures.stats()["last_step_s"] == 1


async def test_tokens_read_from_the_cache_add_up(figures):
    figures.record(said(1, queries=100, hits=0))
    figures.record(said(1, queries=100, hits=96))
    assert (figures.stats()["prefix_queries"], figures.stats()["prefix_hits"]) == (200, 96)


async def test_samples_that_lost_their_place_in_the_cache_add_up(figures):
    for lost in (2, 1):
        figures.record(said(1), step=SimpleNamespace(num_preempted_reqs=lost))
    figures.record(said(1))
    assert figures.stats()["preemptions"] == 3


async def test_schedulers_side_by_side_add_up(figures):
    with figures.holding(8):
        figures.record(said(3), 0)
        figures.record(said(4), 1)
        assert figures.stats()["running"] == 7


def test_a_vllm_that_tells_nobody_of_its_steps_is_asked_for_nothing(figures):
    assert stat_loggers(figures, lambda arguments: None) == {}


def test_vllm_tells_of_its_steps_through_a_logger_that_takes_the_place_of_its_own(figures, monkeypatch):
    class PrometheusStatLogger:
        def __init__(self, vllm_config, engine_indexes):
            raise AssertionError("vLLM's own figures are made for nobody")

    module = ModuleType("vllm.v1.metrics.loggers")
    vars(module).update(PrometheusStatLogger=PrometheusStatLogger)
    for name in ("vllm", "vllm.v1", "vllm.v1.metrics"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    [made] = stat_loggers(figures, lambda arguments, stat_loggers=None: None)["stat_loggers"]
    logger = made(vllm_config=None, engine_indexes=[0])
    assert isinstance(logger, PrometheusStatLogger)
    logger.log_engine_initialized()
    with figures.holding(2):
        step = SimpleNamespace(num_preempted_reqs=1)
        logger.record(scheduler_stats=said(2), iteration_stats=step, mm_cache_stats=None, engine_idx=0)
        assert (figures.stats()["running"], figures.stats()["preemptions"]) == (2, 1)
