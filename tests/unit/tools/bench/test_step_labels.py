"""Benchmark of labellers: equal terms, known truth, the promised JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actors.engines import simulated
from factory.labelling.step_labels import SolutionLabels, StepLabel
from tools.bench.step_labels import LabelCounts, bench
from tools.bench.sweep_step_labels import drawn, price, verdict

KEYS = {"labeller", "completions_per_error", "tokens_per_error", "exact", "rounds", "calibration"}
POLICY = simulated.Config(steps=5, p=0.8, r=0.0, words=2)


async def test_every_labeller_reports_the_promised_figures():
    for name in ("bayes_bisection", "omegaprm:confidence=0,searches=1", "scan:confidence=0"):
        row = await bench(name, POLICY, solutions=10, seed=1)
        assert set(row) >= KEYS
        assert row["solutions"] == 10


async def test_math_shepherd_costs_k_rollouts_a_step_in_one_round():
    row = await bench("math_shepherd:confidence=0,k=3", POLICY, solutions=10, seed=1)
    assert row["completions_per_error"] * row["located"] == pytest.approx(3 * 4)
    assert row["rounds"] == 1


async def test_a_benchmark_repeats_with_its_seed_and_not_with_another():
    def figures(row: dict) -> dict:
        return {key: value for key, value in row.items() if key != "cpu_ms_per_solution"}

    first, again, other = [await bench("bayes_bisection", POLICY, solutions=15, seed=s) for s in (1, 1, 2)]
    assert figures(first) == figures(again) != figures(other)


def test_calibration_counts_sure_labels_only_and_compares_them_with_the_truth():
    def step(label: int | None, confidence: float) -> StepLabel:
        return StepLabel(n_trials=1, n_successes=0, mc_value=0.0, label=label, confidence=confidence)

    count = LabelCounts()
    steps = (step(1, 0.99), step(-1, 0.97), step(-1, 0.8), step(None, 0.99))
    count.add(SolutionLabels(steps=steps, first_error=1), truth=2)
    figures = count.figures()
    assert (figures["located"], figures["exact"]) == (1.0, 0.0)
    assert (figures["calibration"], figures["mean_confidence"]) == (0.5, 0.98)


def test_nothing_located_is_null_and_not_a_division_by_zero():
    count = LabelCounts()
    count.add(SolutionLabels(steps=(), first_error=None), truth=0)
    assert count.figures()["completions_per_error"] is None


def test_the_command_saves_one_object_per_labeller(tmp_path: Path):
    command = [sys.executable, "-m", "tools.bench.step_labels", "--steps", "4", "--solutions", "5"]
    made = subprocess.run([*command, "--json", str(tmp_path / "o.json")], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    rows = json.loads((tmp_path / "o.json").read_text())
    names = [row["labeller"] for row in rows]
    assert {"bayes_bisection", "scan", "omegaprm", "math_shepherd"} < set(names)
    assert len(set(names)) == len(names)
    assert all(set(row) >= KEYS for row in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--p", "1.5"],
        ["--labellers", "bayes_bisektion"],
        ["--labellers", "scan:k=0"],
        ["--labellers", "scan:k"],
        ["--plot", "/none/x.png"],
    ],
)
def test_the_command_refuses_what_it_cannot_do_with_exit_2(tmp_path: Path, wrong: list[str]):
    command = [sys.executable, "-m", "tools.bench.step_labels", "--solutions", "2", "--json", str(tmp_path / "o.json")]
    refused = subprocess.run([*command, *wrong], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_sweep_compares_costs_at_the_same_exactness():
    def row(name: str, cost: float, exact: float) -> dict:
        figures = {"located": 1.0, "solutions": 300, "calibration": 1.0, "mean_confidence": 1.0}
        return {"labeller": name, "completions_per_error": cost, "exact": exact, **figures}

    rows = [
        row("bayes_bisection:confidence=0.5", 5, 0.7),
        row("bayes_bisection:confidence=0.97", 12, 0.9),
        row("scan:confidence=0,k=8", 10, 0.8),
        row("scan:confidence=0,k=2", 4, 0.6),
        row("scan:confidence=0,k=16", 40, 0.95),
    ]
    found = verdict({"steps": 8, "p": 0.9, "r": 0.0, "variants": 2, "solved": 0.4, "rows": rows})
    assert found["worst"] == (1.25, rows[3])
    assert found["worst_sure"] is None
    assert found["rival"] == rows[4]


def test_a_mixture_of_two_points_costs_what_lies_between_them():
    assert price([(0.7, 5), (0.9, 12)], 0.8) == pytest.approx(8.5)
    assert price([(0.7, 5), (0.9, 12)], 0.5) == 5
    assert price([(0.7, 5), (0.9, 12)], 0.95) is None


def test_drawn_settings_lie_where_they_are_said_to():
    for policy in drawn(50, seed=3):
        assert 4 <= policy.steps <= 64
        assert 0.75 <= policy.p <= 0.99
        assert 0 <= policy.r <= 0.1


async def test_a_policy_that_never_errs_ends_the_benchmark():
    row = await bench("scan", simulated.Config(steps=2, p=1 - 1e-12, words=2), solutions=1, seed=1)
    assert (row["solutions"], row["exact"]) == (0, None)
