"""Commands of the proof of worth, and what is read off its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.run.settings import load
from tools.evaluation.proof_of_worth import bind, carry_out, claims, figures, tabled
from tools.evaluation.proof_plan import STAGES, ProofPlan


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("export", "judge", "table")])
def test_its_runs_are_runs_that_the_factory_takes(tmp_path: Path, stage: str) -> None:
    for command in ProofPlan(folder=tmp_path, orm=True).commands(stage):
        _, _, module, run, config, *overrides = command
        assert (module, run) == ("tools.cli", "run")
        settings = load(config, overrides)
        assert settings.run.dir.startswith(str(tmp_path))


def test_the_questions_it_measures_on_are_others_than_those_it_trains_on(tmp_path: Path) -> None:
    plan = ProofPlan(folder=tmp_path)

    def texts(stage: str) -> list[set[str]]:
        sources = [load(command[4], command[5:]).source for command in plan.commands(stage)]
        return [{question.text for question in source.plugin.questions(source.config)} for source in sources]

    [trained], [sampled], greedy = texts("label"), texts("sample"), texts("greedy")
    assert len(trained) == plan.questions
    assert len(trained & sampled) <= 2  # told by chance alone, and left out
    assert all(asked == sampled for asked in greedy)


def stage_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> ProofPlan:
    import sys

    plan = ProofPlan(folder=tmp_path)
    monkeypatch.setattr(ProofPlan, "commands", lambda self, stage: [(sys.executable, "-c", code)])
    return plan


def test_a_stage_that_is_done_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = stage_of(tmp_path, monkeypatch, f"open({str(tmp_path / 'log')!r}, 'a').write('x')")
    carry_out(plan, "label")
    carry_out(plan, "label")
    assert (tmp_path / "log").read_text() == "x"
    assert list(figures(tmp_path)["seconds"]) == ["label"]


def test_a_stage_that_failed_ends_it_and_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = stage_of(tmp_path, monkeypatch, "raise SystemExit(3)")
    with pytest.raises(SystemExit, match="exit code 3"):
        carry_out(plan, "label")
    assert not figures(tmp_path)["seconds"]


def test_a_folder_is_one_plans(tmp_path: Path) -> None:
    bind(ProofPlan(folder=tmp_path))
    bind(ProofPlan(folder=tmp_path))
    with pytest.raises(SystemExit, match="other options"):
        bind(ProofPlan(folder=tmp_path, others=7))


def test_a_claim_holds_where_the_difference_is_surely_above_0(tmp_path: Path) -> None:
    def f1(value: float, low: float) -> dict[str, Any]:
        return {"f1": value, "gain": {"gain": 0, "low": low, "high": 1}}

    judged = {
        "first_error": {"PRM": f1(0.5, 0), "untrained": f1(0.2, 0.1), "majority voting": f1(0.45, -0.1)},
        "picks": {"weighted product": {"accuracy": 0.7}, "majority": {"accuracy": 0.6}},
        "weighted_over": {"majority": {"gain": 0.1, "gain_error": 0.01}},
    }
    (tmp_path / "judged.json").write_text(json.dumps(judged))
    accuracy = {
        "greedy_sft": {"accuracy": 0.8, "accuracy_error": 0.03},
        "greedy_bare": {"accuracy": 0.1, "accuracy_error": 0.04},
    }
    measured = figures(tmp_path) | {"accuracy": accuracy, "plan": {"n": 8}}
    assert [(*claim[:4], round(claim.low, 3)) for claim in claims(measured)] == [
        ("first-error F1", 0.5, "untrained", 0.2, 0.1),
        ("first-error F1", 0.5, "majority voting", 0.45, -0.1),
        ("weighted best of 8", 0.7, "majority", 0.6, 0.08),
        ("greedy, fine-tuned", 0.8, "base, no examples", 0.1, 0.602),
    ]
    assert list(tabled(measured).columns[-1].cells) == ["yes", "NO", "yes", "yes"]
