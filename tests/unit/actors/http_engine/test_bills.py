"""Bill of a question: what its record says is what the servers say they have billed, whatever they answered."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from support.top_ups import Models, attempted, made_by, on_disk, questions, recipe

from actors.engines.http import Config, Engine
from factory.errors import EngineFailed
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import Recipe, begin, finished_row, work
from factory.records.record import Failure
from factory.records.role_costs import MadeBy
from factory.records.validation import row_faults
from tools.openai_server.faults import Fault
from tools.openai_server.options import OPENAI, Options
from tools.openai_server.server import OpenAIServer, openai_server

PRICED = MadeBy(engine="http", model="tiny", revision="", prompt_price=3.0, completion_price=7.0)
[QUESTION] = questions(1)
Row = dict[str, Any]


class Till:
    """Engine at a server, and the questions worked on with it."""

    def __init__(self, engine: Engine, server: OpenAIServer) -> None:
        self.engine, self.server, self.models = engine, server, Models(engine)
        # What looking at a server costs is no question's.
        server.billed.clear()

    async def row(self, used: Recipe, before: Row | None = None) -> Row:
        """Return the question's row, with this one before it."""
        attempt = await attempted(used, QUESTION, self.models, before)
        return on_disk(finished_row(attempt, replace(made_by(used), roles={"policy": PRICED})))

    async def again(self, used: Recipe, failed: Row) -> Row:
        """Return the question's row, begun anew after work that failed."""
        attempt = begin(used, QUESTION, self.models, Experience(), failed=failed)
        await work(used, attempt)
        return on_disk(finished_row(attempt, replace(made_by(used), roles={"policy": PRICED})))

    async def failed(self, used: Recipe, before: Row | None = None) -> Row:
        """Return the question's row after work that has to fail."""
        attempt = begin(used, QUESTION, self.models, Experience(), before)
        with pytest.raises(EngineFailed):
            await work(used, attempt)
        failure = Failure(stage="generate", type="EngineFailed", message="")
        return on_disk(finished_row(attempt, replace(made_by(used), roles={"policy": PRICED}), failure=failure))

    def check(self, row: Row) -> None:
        """Compare the bill in a row with the server's."""
        cost, billed = row["cost"], dict(self.server.billed)
        [entry] = cost["roles"]
        assert {name: entry[name] for name in billed} == billed
        assert {name: cost[name] for name in billed} == billed
        assert (entry["calls"], entry["cached_tokens"]) == (cost["policy_calls"], cost["cached_tokens"])
        money = (3.0 * billed["prompt_tokens"] + 7.0 * billed["completion_tokens"]) / 1e6
        assert cost["money"] == pytest.approx(money, rel=1e-9)
        assert list(row_faults(row)) == []


@contextlib.asynccontextmanager
async def till(**offers: Any) -> AsyncIterator[Till]:
    with openai_server(Options(writer={"kind": "simulated", "steps": 4, "words": 3}, **offers)) as server:
        engine = Engine(Config(base_url=server.url, start_s=0.1), "tiny")
        try:
            await engine.start()
            yield Till(engine, server)
        finally:
            await engine.close()


@pytest.mark.parametrize(
    "offers",
    [{}, OPENAI, {**OPENAI, "most_n": 1}, {**OPENAI, "ignores_n": True}],
    ids=["ids", "text", "one", "ignored"],
)
async def test_the_bill_is_the_servers_however_it_is_asked_for_several_samples(offers: dict[str, Any]) -> None:
    async with till(**offers) as it:
        row = await it.row(recipe("scan", n=4))
        assert row["cost"]["policy_calls"] > 4
        it.check(row)


async def test_copies_of_a_greedy_sample_cost_nothing() -> None:
    async with till() as it:
        used = recipe("none", n=4)
        row = await it.row(replace(used, sampling=replace(used.sampling, temperature=0.0)))
        assert (row["cost"]["policy_calls"], len(it.server.exchanges[-1][2]["choices"])) == (4, 1)
        it.check(row)


@pytest.mark.parametrize("kind", ["one choice less", "no ids", "huge ids", "other prompt", "other model", "abort"])
async def test_a_useless_answer_is_paid_where_it_says_what_it_bills(kind: str) -> None:
    async with till() as it:
        it.server.plan.force(kind)
        row = await it.row(recipe("scan", n=2))
        assert it.server.plan.counts[kind] == 1
        it.check(row)


@pytest.mark.parametrize("kind", ["html", "empty", "not json", "null", "no choices", "deep json"])
async def test_a_useless_answer_that_says_nothing_of_it_is_not_paid(kind: str) -> None:
    async with till() as it:
        it.server.plan.force(kind)
        row = await it.row(recipe("none", n=2))
        useful = it.server.exchanges[-1][2]
        assert it.server.plan.counts[kind] == 1
        assert row["cost"]["prompt_tokens"] == useful["usage"]["prompt_tokens"]
        assert row["cost"]["completion_tokens"] == useful["usage"]["completion_tokens"]


async def test_more_samples_later_are_added_to_the_bill() -> None:
    async with till() as it:
        row = await it.row(recipe("scan", n=2))
        it.server.plan.force("abort")
        again = await it.row(recipe("scan", n=4), row)
        assert again["cost"]["policy_calls"] > row["cost"]["policy_calls"]
        it.check(again)


@pytest.mark.parametrize(
    ("offers", "requests"), [({}, 1), ({**OPENAI, "ignores_n": True}, 3)], ids=["at once", "one by one"]
)
async def test_work_that_failed_is_paid_all_the_same_also_where_the_earlier_row_stays(
    offers: dict[str, Any], requests: int
) -> None:
    used, more = recipe("none", n=2), recipe("none", n=5)
    async with till(**offers) as it:
        row = await it.row(used)
        # One of the requests is answered in vain; then it is refused, twice.
        it.server.plan.add(Fault(kind="abort", last=1), Fault(kind="400", first=requests + 1))
        failed = await it.failed(more, row)
        it.check(failed)
        assert failed["cost"]["completion_tokens"] > row["cost"]["completion_tokens"]
        assert {**failed, "cost": None} == {**row, "cost": None}
        it.server.plan.heal()
        it.check(await it.row(more, failed))


async def test_a_question_that_is_tried_anew_keeps_what_it_has_cost_before() -> None:
    used = recipe("scan", n=3)
    async with till() as it:
        await it.row(used)
        it.server.billed.clear()
        it.server.plan.add(Fault(kind="abort", last=1), Fault(kind="400", first=2))
        failed = await it.failed(used)
        it.check(failed)
        assert failed["cost"]["completion_tokens"] > 0
        it.server.plan.heal()
        it.check(await it.again(used, failed))
