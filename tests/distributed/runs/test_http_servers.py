"""Runs through two OpenAI-compatible servers that die, refuse, hang and answer nonsense: nothing is lost or changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.engines.http_runs import at_servers, without_its_own
from support.runs import CONFIG, every_question_once, finished, rows_of, run, settings_for
from support.waiting import wait_until

from factory.errors import FactoryError
from tools.openai_server.continuations import continuations
from tools.openai_server.faults import BODIES, REFUSALS, WIRES, Fault, FaultPlan
from tools.openai_server.floor import BLOCK
from tools.openai_server.options import Options
from tools.openai_server.server import OpenAIServer, openai_server

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
WRITER = CONFIG["engine"]
# Which rollouts others make depends on how many tokens a text has, which is the tokenizer's business.
LABELS = {"method": "math_shepherd", "k": 4}
# Piece of every request of a run; those that look at a server have none.
OF_A_RUN = '"seed":'
# They are about one question alone, are another text, or keep a server away for minutes.
LEFT_OUT = {"400", "413", "surrogate", "429 much later"}


@pytest.fixture(scope="module")
def both() -> Iterator[list[OpenAIServer]]:
    """Two servers; the runs of this file share the engine that asks them, too."""
    with openai_server(Options(writer=WRITER)) as one, openai_server(Options(writer=WRITER)) as other:
        yield [one, other]


@pytest.fixture
def servers(both: list[OpenAIServer]) -> Iterator[list[OpenAIServer]]:
    """The same two, without faults."""
    for server in both:
        server.exchanges.clear()
    yield both
    for server in both:
        server.plan.heal()


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Rows of the same run without servers."""
    return finished(settings_for(tmp_path_factory.mktemp("in-process"), supervision=LABELS))


def test_records_hold_what_those_of_an_engine_in_process_hold(
    servers: list[OpenAIServer], in_process: list[dict[str, Any]], tmp_path: Path
) -> None:
    rows = finished(at_servers(tmp_path, servers, supervision=LABELS))
    assert without_its_own(rows) == without_its_own(in_process)
    assert {found["engine"] for row in rows for found in row["solutions"]} == {"http vllm 0.32.0 (token ids)"}
    assert {found["model"] for row in rows for found in row["solutions"]} == {"tiny"}
    assert all(len(server.exchanges) > 0 for server in servers)
    # The bill is the servers' own; looking at them at the start is no question's.
    usages = [answer["usage"] for server in servers for _, asked, answer in server.exchanges if "seed" in asked]
    for name in ("prompt_tokens", "completion_tokens"):
        billed = sum(usage[name] for usage in usages)
        assert sum(row["cost"][name] for row in rows) == billed
        assert sum(entry[name] for row in rows for entry in row["cost"]["roles"]) == billed
    # What was continued are the ids that a server had sampled, which it had in its cache.
    counts = continuations([[one for one in server.exchanges if one[2].get("choices")] for server in servers], BLOCK)
    assert counts.exact == counts.continued > 0
    assert counts.cached_tokens >= 0.9 * counts.cacheable_tokens > 0


def test_a_server_is_killed_and_comes_back_in_mid_run(
    servers: list[OpenAIServer], in_process: list[dict[str, Any]], tmp_path: Path
) -> None:
    one, other = servers

    def kill_and_revive() -> None:
        wait_until(lambda: len(other.exchanges) >= 3)
        other.kill()
        before = len(one.exchanges)
        wait_until(lambda: len(one.exchanges) >= before + 10)
        other.revive()

    killer = threading.Thread(target=kill_and_revive)
    killer.start()
    rows = finished(at_servers(tmp_path, servers, supervision=LABELS))
    killer.join()
    assert without_its_own(rows) == without_its_own(in_process)


def test_no_fault_of_a_server_loses_or_changes_anything(
    servers: list[OpenAIServer], in_process: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = [kind for kind in (*REFUSALS, *BODIES, *WIRES) if kind not in LEFT_OUT]
    plan = FaultPlan()
    for place, kind in enumerate(kinds):
        # Every other request, so that one that is asked again is answered some day.
        plan.add(Fault(kind=kind, first=1 + 2 * place, last=1 + 2 * place, containing=OF_A_RUN))
    for server in servers:
        monkeypatch.setattr(server, "plan", plan)
    rows = finished(at_servers(tmp_path, servers, supervision=LABELS))
    assert set(kinds) <= set(plan.counts)
    assert without_its_own(rows) == without_its_own(in_process)


def test_a_run_that_cannot_go_on_says_so_and_goes_on_when_a_server_is_back(
    servers: list[OpenAIServer], tmp_path: Path
) -> None:
    settings = at_servers(tmp_path, servers[:1], engine={"outage_s": 2.0})
    servers[0].plan.add(Fault(kind="503", first=20, containing=OF_A_RUN))
    with pytest.raises(FactoryError, match=r"no useful answer|gave a useful answer for \d+ s .*overloaded"):
        run(settings)
    committed = rows_of(settings)
    servers[0].plan.heal()
    assert run(settings).complete
    assert every_question_once(settings)
    assert [row for row in rows_of(settings) if row in committed] == committed
