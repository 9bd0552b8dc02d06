"""A rollout worker whose engines come and go while it works, with real actors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import ray
from support.engines.local_workers import assignment
from support.plugins.gate import close, waiting
from support.top_ups import questions
from support.waiting import HANGS_S, wait_until

from actors.generator import Generator, generator_options
from actors.rollout_worker import RolloutWorker
from actors.roster import Roster
from actors.shard_writer import ShardWriter
from actors.underway import Underway
from factory.shards.commits import read_rows
from factory.shards.units import cut
from factory.types import POLICY
from pipelines.driving.lifetimes import actor_scope

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

KIND = "tests.support.plugins.engines"


def samples(engines: Mapping[str, Any]) -> list[float]:
    """Completions that each engine has made."""
    return [said["completions"] for said in ray.get([one.stats.remote() for one in engines.values()], timeout=HANGS_S)]


def test_a_second_engine_is_used_in_mid_unit_and_the_first_one_leaves_without_a_request_lost_or_done_twice(
    tmp_path: Path,
) -> None:
    gate, asked = tmp_path / "gate", questions(12)
    close(gate, *(f"question {number} " for number in range(4)))
    begun, later, last = cut(asked, 4, "config")
    with actor_scope() as started:
        config = {"gate": str(gate)}
        engines = started(2, Generator, generator_options(KIND, config) | {"num_cpus": 0}, KIND, config, "none")
        writers = started(1, ShardWriter, {"num_cpus": 0})
        [worker] = started(1, RolloutWorker, {"num_cpus": 0}).values()
        ray.get([actor.ready.remote() for actor in (*engines.values(), worker)], timeout=HANGS_S)
        first, second = engines

        def roster(version: int, *names: str, leaving: str = "") -> Roster:
            return Roster(
                version=version, pools={POLICY: names}, leaving=frozenset({leaving} - {""}), writers=tuple(writers)
            )

        def told(news: Roster) -> Underway:
            """News of the worker when it hears of a roster."""
            said: Underway = ray.get(worker.underway.remote("a", roster=news), timeout=HANGS_S)
            assert said.roster == news.version
            return said

        given = assignment(tmp_path / "run", roster=roster(1, first))
        held = worker.run.remote(begun, given)
        wait_until(lambda: len(waiting(gate)) == 4)
        told(roster(2, first, second))
        ray.get(worker.run.remote(later, given), timeout=HANGS_S)
        by_first, by_second = samples(engines)
        assert by_second > 0
        told(roster(3, first, second, leaving=first))
        ray.get(worker.run.remote(last, given), timeout=HANGS_S)
        assert samples(engines) == [by_first, by_second + 16]
        gate.unlink()
        ray.get(held, timeout=HANGS_S)
        assert sum(samples(engines)) == 4 * len(asked)
        assert told(roster(4, second)).moved == 0
    rows = list(read_rows(tmp_path / "run"))
    assert sorted(row["question_id"] for row in rows) == sorted(one.id for one in asked)
    assert {row["status"] for row in rows} == {"ok"}
