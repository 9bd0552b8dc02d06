"""A real Prometheus scrapes a real run: every query of the dashboard and of the alerts has an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import ray
from support.runs import finished, settings_for
from support.services.prometheus import Prometheus, needs_prometheus, prometheus
from support.waiting import wait_until

from actors.answer_checker import AnswerChecker
from cluster.monitoring.dashboard import PANELS
from factory.types import Question

pytestmark = [pytest.mark.distributed, needs_prometheus]

# Ray collects, and Prometheus asks, once a second; a busy machine takes longer.
ANSWERED_S = 120.0
QUERIES = [query.replace("$run", ".*") for panel in PANELS for query, _ in panel.queries]


def behind(alert: str) -> list[str]:
    """Return the queries behind an alert's expression, without thresholds: a quiet alert has no series of its own."""
    return re.split(r" and on \(run\) ", re.sub(r" unless .*| (<|>|==) [\d.]+", "", alert))


def silent(server: Prometheus, queries: list[str]) -> list[str]:
    """Return the queries that have come to nothing so far: Ray drops a gauge that nobody sets any more."""
    return [query for query in queries if not server.answer(f"last_over_time(({query})[10m:1s])")]


@pytest.mark.usefixtures("ray_cluster")
def test_every_query_of_the_dashboard_and_of_the_alerts_finds_series_of_a_run(tmp_path: Path) -> None:
    node = ray.nodes()[0]
    slots = {"kind": "tests.support.plugins.full_cache", "slots": 4, "token_s": 0.002}
    with prometheus(tmp_path, f"{node['NodeManagerAddress']}:{node['MetricsExportPort']}") as server:
        finished(settings_for(tmp_path / "night", engine=slots))
        # The simulated answers need no slow check, so one is asked for.
        checker = ray.remote(AnswerChecker).options(num_cpus=0.1).remote("math_answer", {}, workers=1)
        question = Question(text="Factor.", gold="(x-1)(x+1)")
        ray.get(checker.check.remote([(question, "It is \\boxed{x^2-1}.")]))

        alerts = server.rules()
        assert [rule["name"] for rule in alerts if rule["health"] == "err"] == []
        queries = [*QUERIES, *(query for rule in alerts for query in behind(rule["query"]))]
        assert len(queries) > len(QUERIES)
        wait_until(lambda: not silent(server, queries), "an answer to every query", ANSWERED_S)
        assert {series["metric"]["run"] for series in server.answer("ray_factory_units_total")} == {"night"}
        ray.kill(checker)
