"""Dashboard for Grafana as one list of panels; `dashboard.json` is made of it.

    python -m cluster.monitoring.dashboard          writes dashboard.json anew, beside this file

A list is what a person can read and change; Grafana's JSON is not. Every name in a query is one of `factory.measures`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("dashboard.json")
# Grafana counts in twenty-fourths of a row's width.
_WIDE, _HIGH, _A_ROW = 8, 8, 3
# Chosen at the top of the dashboard; the default is every run.
_RUN = '{run=~"$run"}'
_WHO = "{{role}} {{engine}}"
PER_CHECKER = "sum by (checker) (rate(ray_factory_checker"


@dataclass(frozen=True, slots=True)
class Panel:
    """Panel of the dashboard: a title, Grafana's name of the unit, and queries with the text of their legend."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]


def rate(name: str, by: str, more: str = "") -> str:
    """Return the query of a counter's rate per second, summed by labels (comma-separated)."""
    return f'sum by ({by}) (rate(ray_{name}_total{{run=~"$run"{more}}}[5m]))'


def quantile(share: float, name: str, by: str = "") -> str:
    """Return the query of a quantile of a histogram over five minutes, by a label where one is named."""
    return f"histogram_quantile({share}, sum by ({', '.join(filter(None, ('le', by)))}) (rate(ray_{name}_bucket[5m])))"


PANELS = (
    # What comes out.
    Panel("Rollouts per second", "ops", ((rate("factory_rollouts", "run, use"), "{{run}} for {{use}}"),)),
    Panel("Tokens written per second", "ops", ((rate("factory_tokens", "run"), "{{run}}"),)),
    Panel(
        "Finished per hour",
        "none",
        (
            (f"3600 * {rate('factory_questions', 'run')}", "{{run}} questions"),
            (f"3600 * {rate('factory_units', 'run')}", "{{run}} units"),
        ),
    ),
    Panel("Solutions per second", "ops", ((rate("factory_solutions", "run, verdict"), "{{verdict}}"),)),
    Panel(
        "Labels per hour",
        "none",
        (
            (f"3600 * {rate('factory_first_errors', 'run')}", "first errors located"),
            (f"3600 * {rate('factory_steps', 'run, label')}", "steps labelled {{label}}"),
        ),
    ),
    Panel(
        "Share of questions that fail",
        "percentunit",
        (
            (
                rate("factory_questions", "run", ', status="failed"') + " / " + rate("factory_questions", "run"),
                "{{run}}",
            ),
        ),
    ),
    # What the engines do.
    Panel("Engines' slots in use", "percentunit", ((f"ray_factory_engine_busy{_RUN}", _WHO),)),
    Panel(
        "Samples in the engines",
        "none",
        (
            (f"sum by (run, role) (ray_factory_engine_running{_RUN})", "{{role}} running"),
            (f"sum by (run, role) (ray_factory_engine_waiting{_RUN})", "{{role}} waiting"),
            (f"sum by (run, role) (ray_factory_engine_slots{_RUN})", "{{role}} slots"),
        ),
    ),
    Panel(
        "KV cache: taken, and prompt tokens found in it",
        "percentunit",
        (
            (f"ray_factory_engine_cache_full{_RUN}", _WHO + " taken"),
            (f"ray_factory_engine_cache_hits{_RUN}", _WHO + " found"),
        ),
    ),
    Panel(
        "Tokens of each engine",
        "ops",
        ((rate("factory_engine_tokens", "run, role, engine, way"), _WHO + " {{way}}"),),
    ),
    Panel(
        "Engines silent, restarts, samples computed anew",
        "none",
        (
            (f"sum by (run, role) (ray_factory_engine_out{_RUN})", "{{role}} silent"),
            (f"sum by (run, role) (increase(ray_factory_engine_restarts_total{_RUN}[1h]))", "{{role}} restarts, 1 h"),
            (f"sum by (run, role) (increase(ray_factory_engine_preemptions_total{_RUN}[1h]))", "{{role}} anew, 1 h"),
        ),
    ),
    Panel(
        "Seconds of a request",
        "s",
        (
            (quantile(0.5, "factory_request_seconds", "kind"), "{{kind}}, half"),
            (quantile(0.99, "factory_request_seconds", "kind"), "{{kind}}, 99 of 100"),
        ),
    ),
    # What else may hold a run up.
    Panel(
        "Units in flight, and since the last commit",
        "none",
        (
            (f"ray_factory_units_in_flight{_RUN}", "{{run}} units"),
            (f"ray_factory_questions_unfinished{_RUN}", "{{run}} questions"),
            (f"ray_factory_seconds_since_commit{_RUN}", "{{run}} seconds since a commit"),
            (f"sum by (run) (increase(ray_factory_retries_total{_RUN}[1h]))", "{{run}} units retried, 1 h"),
        ),
    ),
    Panel(
        "Seconds of a check, and of a commit",
        "s",
        (
            (f"{PER_CHECKER}_busy_seconds_total[5m])) / {PER_CHECKER}_verdicts_total[5m]))", "{{checker}}, mean"),
            (quantile(0.99, "factory_checker_slow_seconds", "checker"), "{{checker}}, slow ones, 99 of 100"),
            (quantile(0.99, "factory_commit_seconds"), "commit, 99 of 100"),
        ),
    ),
    Panel(
        "Checkers: verdicts per second, deaths",
        "none",
        (
            ("sum by (checker, outcome) (rate(ray_factory_checker_verdicts_total[5m]))", "{{checker}} {{outcome}}"),
            ("sum by (checker) (increase(ray_factory_checker_worker_deaths_total[1h]))", "{{checker}} deaths, 1 h"),
        ),
    ),
    # What it costs.
    Panel("GPU-hours", "none", ((f"sum by (run, role) (ray_factory_gpu_seconds_total{_RUN}) / 3600", "{{role}}"),)),
    Panel("Money", "none", ((f"sum by (run, role) (ray_factory_role_money_total{_RUN})", "{{role}}"),)),
    Panel(
        "Asked of each role",
        "ops",
        (
            (rate("factory_role_calls", "run, role"), "{{role}} calls per second"),
            (rate("factory_role_tokens", "run, role, way"), "{{role}} tokens {{way}} per second"),
        ),
    ),
)


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana reads it."""
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "title": "Self-play data factory",
        "uid": "selfplay-factory",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
                {
                    "name": "run",
                    "type": "query",
                    "datasource": source,
                    "query": "label_values(ray_factory_units_in_flight, run)",
                    "includeAll": True,
                    "multi": True,
                    "allValue": ".*",
                    "refresh": 2,
                },
            ]
        },
        "panels": [_panel(number, panel, source) for number, panel in enumerate(PANELS)],
    }


def text() -> str:
    """Return the text of `dashboard.json`."""
    return json.dumps(dashboard(), indent=2) + "\n"


def _panel(number: int, panel: Panel, source: dict[str, str]) -> dict[str, Any]:
    """Return a panel, at its place in rows of three."""
    row, column = divmod(number, _A_ROW)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": {"h": _HIGH, "w": _WIDE, "x": column * _WIDE, "y": row * _HIGH},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + at), "expr": query, "legendFormat": legend, "datasource": source}
            for at, (query, legend) in enumerate(panel.queries)
        ],
    }


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
