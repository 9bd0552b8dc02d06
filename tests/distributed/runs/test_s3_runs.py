"""Runs whose folder lies on S3: the same as local ones, through faults, outages and what a person has to mend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.plugins.gate import close
from support.runs import every_question_once, rows_of, run, settings_for
from support.s3 import access

from factory.errors import BadInput, StorageFailed
from factory.shards.receipts import read_receipts
from factory.storage.opening import open_store
from pipelines.logging.reading import lines
from pipelines.run.attempts import attempt, last_over
from pipelines.run.listener import Listener
from pipelines.run.settings import Settings
from tools.s3.fault_proxy import FaultProxy, fault_proxy
from tools.s3.faults import Faults, S3Error

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
WAITS = "the run waits for its storage"
PLAIN: dict[str, Any] = {"engine": {"latency_s": 0.1}, "run": {"unit_size": 2, "learn": False}}


@pytest.fixture
def on_s3(s3_server: Any, s3_bucket: str, proxy: FaultProxy) -> Settings:
    """A run of eight questions in four units, through the proxy."""
    return settings_through(proxy, s3_server, s3_bucket)


def settings_through(proxy: FaultProxy, server: Any, bucket: str, **sections: Any) -> Settings:
    storage = {**access(server, proxy.endpoint_url), "timeout_s": 3, "patience_s": 60}
    settings = settings_for(Path("unused"), **{"storage": storage, **PLAIN, **sections})
    settings.run.dir = f"s3://{bucket}/runs/mine"
    return settings


@pytest.fixture(scope="module")
def done(ray_cluster: None, s3_server: Any) -> Iterator[tuple[Settings, FaultProxy]]:
    """A finished run that was written through a bad network, and its proxy, which lets everything through by now."""
    s3_server.create_bucket("bad-network")
    faults = Faults.of(0.3, max_latency_s=0.2, stall_s=4)
    with fault_proxy(s3_server.endpoint_url, faults, seed=5) as proxy:
        settings = settings_through(proxy, s3_server, "bad-network", source={"n": 24})
        assert run(settings).complete
        proxy.heal()
        yield settings, proxy
    s3_server.delete_bucket("bad-network")


def test_a_run_through_a_bad_network_loses_and_doubles_nothing(done: tuple[Settings, FaultProxy]) -> None:
    settings, proxy = done
    assert sum(count for name, count in proxy.counts.items() if name not in ("requests", "passed")) > 10
    assert every_question_once(settings)


def test_a_lost_response_is_settled_by_what_lies_there(on_s3: Settings, proxy: FaultProxy) -> None:
    proxy.force("lost_response", 4, method="PUT", containing="/data/part-")
    assert run(on_s3).complete
    assert proxy.counts["lost_response"] == 4
    assert every_question_once(on_s3)
    assert [line["event"] for line in lines(open_store(on_s3.run.dir, on_s3.storage), 1)][-1] == "ended"
    assert run(on_s3).tally.questions == 8


def test_a_run_on_s3_is_one_as_on_disk(done: tuple[Settings, FaultProxy], tmp_path: Path) -> None:
    settings, _ = done
    store = open_store(settings.run.dir, settings.storage)
    names = [entry.name for entry in store.entries()]
    assert sum(name.startswith("data/part-") for name in names) == 12
    assert {"config.yaml", "manifests/source.json", "stats.json", "logs/attempt_1/attempt.json"} <= set(names)
    assert len(read_receipts(store)) == 12
    local = settings_for(tmp_path, **PLAIN, source={"n": 24})
    assert run(local).complete
    assert [row["solutions"] for row in rows_of(local)] == [row["solutions"] for row in rows_of(settings)]


def test_nothing_that_is_written_holds_a_secret(done: tuple[Settings, FaultProxy], s3_server: Any) -> None:
    store = open_store(done[0].run.dir, done[0].storage)
    written = b"".join(store.read(entry.name) for entry in store.entries())
    assert s3_server.secret.encode() not in written
    assert s3_server.key.encode() not in written


def test_a_store_that_is_down_pauses_the_run_which_then_goes_on_by_itself(
    s3_server: Any, s3_bucket: str, proxy: FaultProxy, tmp_path: Path
) -> None:
    """The store is down until the run says that it waits; the last question is held until it says that it goes on."""
    gate = tmp_path / "gate"
    told: list[str] = []
    close(gate, "question 7 ")
    engine = {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, "gate": str(gate)}

    class Ear(Listener):
        def say(self, line: str) -> None:
            told.append(line)
            if line.startswith("engine ready"):
                proxy.down(True)
            if WAITS in line:
                proxy.down(False)
            if "answers again" in line:
                gate.unlink(missing_ok=True)

    settings = settings_through(proxy, s3_server, s3_bucket, engine=engine)
    assert run(settings, Ear()).complete
    assert every_question_once(settings)
    [waits, *_] = [number for number, line in enumerate(told) if WAITS in line]
    assert any("answers again" in line for line in told[waits:])


def test_what_a_person_has_to_mend_is_one_clear_error_and_the_run_goes_on_afterwards(
    on_s3: Settings, proxy: FaultProxy
) -> None:
    proxy.force("none", 2, method="PUT", containing="/data/part-")
    proxy.force(S3Error("AccessDenied", 403), None, method="PUT", containing="/data/part-")
    with pytest.raises(StorageFailed, match=r"AccessDenied.*grant it.*Nothing committed is lost; go on with") as failed:
        run(on_s3)
    assert "\n" not in str(failed.value)
    store = open_store(on_s3.run.dir, on_s3.storage)
    before = {entry.name: store.read(entry.name) for entry in store.entries("data")}
    assert len(before) == 2
    proxy.heal()
    assert run(on_s3).complete
    assert {name: store.read(name) for name in before} == before
    assert every_question_once(on_s3)


def test_a_wrong_key_is_said_before_anything_starts(on_s3: Settings) -> None:
    on_s3.storage.key = "AKIANOBODY"
    with pytest.raises(StorageFailed, match="Expected valid credentials"):
        run(on_s3)


def test_a_second_driver_is_refused_while_the_first_one_lives(on_s3: Settings) -> None:
    store = open_store(on_s3.run.dir, on_s3.storage)
    with attempt(store, last_over(store), {}, on_s3.storage), pytest.raises(BadInput, match="is being written by"):
        run(on_s3)
    assert run(on_s3).complete
