"""Files for Prometheus and Grafana ask for all that the factory tells, and for nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from cluster.monitoring import dashboard
from factory.measures import MEASURES

FOLDER = Path(dashboard.FILE).parent
ALERTS = [rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
QUERIES = [query for panel in dashboard.PANELS for query, _ in panel.queries]
SERIES = {name: measure for measure in MEASURES.values() for name in measure.series}
NEEDS_PROMETHEUS = pytest.mark.skipif(
    shutil.which("promtool") is None and not os.environ.get("CI"), reason="promtool is missing: make system"
)


def named_in(query: str) -> set[str]:
    """Return the series that a query names."""
    return set(re.findall(r"ray_factory_\w+", query))


def checked(kind: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", "check", kind, path], capture_output=True, text=True, timeout=120, check=False)


def test_the_dashboard_is_the_one_of_the_list() -> None:
    assert dashboard.FILE.read_text() == dashboard.text(), "run: python -m cluster.monitoring.dashboard"


@pytest.mark.parametrize("query", [*QUERIES, *(rule["expr"] for rule in ALERTS)])
def test_a_query_names_series_that_there_are_and_labels_that_they_have(query: str) -> None:
    names = named_in(query)
    assert names
    assert names <= set(SERIES)
    labels = {label for name in names for label in SERIES[name].labels} | {"le"}
    grouped = {label for by in re.findall(r"(?:by|on) \(([\w, ]+)\)", query) for label in by.split(", ")}
    chosen = set(re.findall(r"(\w+)=~?\"", query))
    assert grouped | chosen <= labels


def test_everything_that_is_told_can_be_seen() -> None:
    shown = {name for query in (*QUERIES, *(rule["expr"] for rule in ALERTS)) for name in named_in(query)}
    assert [name for name, measure in MEASURES.items() if not shown & set(measure.series)] == []


def test_every_alert_says_what_to_do() -> None:
    assert all(rule["annotations"]["what_to_do"].endswith(".") for rule in ALERTS)


@NEEDS_PROMETHEUS
def test_promtool_accepts_the_rules_and_the_config() -> None:
    assert checked("rules", FOLDER / "alerts.yaml").returncode == 0
    done = checked("config", FOLDER / "prometheus.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@NEEDS_PROMETHEUS
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("alerts.yaml", "rate(ray_factory_questions_total", "rate((ray_factory_questions_total"),
        ("alerts.yaml", "for: 10m", "for: soon"),
        ("prometheus.yaml", "scrape_interval: 15s", "scrape_intervall: 15s"),
    ],
)
def test_promtool_refuses_a_broken_one(tmp_path: Path, name: str, right: str, wrong: str) -> None:
    for path in FOLDER.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    broken = (FOLDER / name).read_text()
    assert right in broken
    (tmp_path / name).write_text(broken.replace(right, wrong))
    assert checked("rules" if name == "alerts.yaml" else "config", tmp_path / name).returncode != 0
