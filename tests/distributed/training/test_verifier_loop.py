"""Verifier loops on real actors: a simulated policy, a simulated verifier, and a trainer that copies its base."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.rounds import COPIES, cut_off, rounds_settings, written_again
from support.training import untrained_model

from factory.errors import BadInput
from factory.shards.commits import read_rows
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.text.wording import question_key
from pipelines.export.inputs import runs_of
from pipelines.rounds.summary import RoundsSummary
from pipelines.run.run_folder import opened
from pipelines.run.settings import Settings
from pipelines.verifier_loop import PIPELINE
from pipelines.verifier_rounds.checks import outline
from tools.commands.status import status_figures, status_lines

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
run = PIPELINE.run


def loop_settings(folder: Path, base: Path, **sections: dict[str, Any]) -> Settings:
    """Return the settings of two small rounds in `folder`."""
    config: dict[str, dict[str, Any]] = {
        "source": {"kind": "simulated", "n": 30},
        "prompt": {"template": "zero_shot_cot"},
        "search": {"n": 4},
        "supervision": {"method": "scan", "k": 4, "confidence": 0.5},
        "engine": {"kind": "simulated", "steps": 3, "words": 3, "p": 0.8},
        "held_out": {"share": 0.5, "limit": 12},
        "loop": {
            "rounds": 2,
            "methods": {"weighted": "best_of_n n=4"},
            "reference": "sample n=4",
            "pilot": 2,
            "questions": 8,
        },
        "scorer": {"kind": "simulated_verifier", "auc": 0.95},
        "trainer": COPIES,
    }
    return rounds_settings("verifier_loop", folder, base, config, sections)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return untrained_model(tmp_path_factory.mktemp("loop-base") / "tiny")


@pytest.fixture(scope="module")
def done(ray_cluster: None, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RoundsSummary]:
    """Two rounds, read by several tests."""
    folder = tmp_path_factory.mktemp("loop") / "run"
    summary = run(loop_settings(folder, base))
    assert summary.complete
    return folder, summary


def questions(folder: Path) -> set[str]:
    return {question_key(row["question"]) for row in read_rows(folder)}


def rows_of(folder: Path, round_: int) -> list[dict[str, Any]]:
    return pq.read_table(folder / f"round_{round_}/data/data/prm").to_pylist()


def test_the_second_round_trains_on_both_rounds_labels(done: tuple[Path, RoundsSummary]) -> None:
    folder, summary = done
    first, second = (rows_of(folder, round_) for round_ in (0, 1))
    # A labeller's rollouts are solutions, too.
    assert {row["method"] for row in first} <= {"sample", "rollout"}
    assert {row["method"] for row in second} == {"sample", "best_of_n", "rollout"}
    assert [summary.rounds[round_]["train"]["rows"] for round_ in (0, 1)] == [len(first), len(second)]
    assert {(row["solution_id"], row["method"]) for row in first} <= {
        (row["solution_id"], row["method"]) for row in second
    }


def test_an_export_of_the_folder_takes_the_labelled_searches(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    runs = [Path(run_.url).relative_to(folder).as_posix() for run_ in runs_of(str(folder), Access())]
    assert sorted(runs) == ["round_0/search/sample", "round_1/search/weighted"]


def test_nothing_that_is_held_out_is_trained_on(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    apart = questions(folder / "before/held_out")
    assert len(apart) == 12
    for run_ in ("round_0/search/sample", "round_1/search/weighted"):
        assert questions(folder / run_).isdisjoint(apart)
    assert questions(folder / "round_1/evaluation/methods/weighted/4") < apart


def test_what_guides_a_round_is_the_verifier_of_the_round_before(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    prms = {
        run_: json.loads((folder / run_ / "logs/attempt_1/attempt.json").read_text())["models"]["prm"]["model"]
        for run_ in ("round_0/scored", "round_1/search/weighted", "round_1/scored")
    }
    assert [Path(model).relative_to(folder).as_posix() for model in prms.values()] == [
        "round_0/model",
        "round_0/model",
        "round_1/model",
    ]


def test_every_round_has_accuracies_at_equal_tokens_and_the_verifiers_f1(done: tuple[Path, RoundsSummary]) -> None:
    folder, summary = done
    for round_ in (0, 1):
        facts = summary.rounds[round_]
        assert [row["method"] for row in facts["evaluate"]["rows"]] == ["majority", "weighted"]
        assert all(0.9 <= row["ratio"] <= 1.1 for row in facts["evaluate"]["rows"])
        assert facts["score"]["labelled"] > 10
        assert 0.2 < facts["score"]["first_errors"]["scores"]["f1"] <= 1
    assert (folder / "rounds.png").read_bytes().startswith(b"\x89PNG")
    settings = opened(str(folder))
    guided = settings.definition.curves(settings, open_store(folder))[0]
    assert {name: len(points) for name, points in guided.lines.items()} == {
        "right, majority": 2,
        "right, weighted": 2,
        "first-error F1 of the verifier": 2,
    }
    lines = "\n".join(status_lines(str(folder)))
    assert "complete, 2 of 2 rounds" in lines
    assert status_figures(str(folder))["rounds"] == {"done": 2, "all": 2}
    assert "weighted" in lines


def test_a_finished_loop_does_nothing_again(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    assert written_again(run, folder) <= {"stats.json"}


@pytest.mark.long
def test_a_loop_that_is_cut_off_in_every_phase_ends_as_an_undisturbed_one(
    done: tuple[Path, RoundsSummary], base: Path, tmp_path: Path
) -> None:
    settings = loop_settings(tmp_path / "run", base)
    summary = cut_off(run, settings, done[0], [("search", 0), ("train", None), ("score", 0), ("evaluate", 3)])
    assert summary.complete
    ours, theirs = (brief(one.rounds[1]) for one in (summary, done[1]))
    assert ours == theirs


def brief(facts: dict[str, Any]) -> tuple[Any, ...]:
    """Facts of a round that depend on no clock and no path."""
    accuracies = [(row["method"], row["accuracy"], row["tokens"]) for row in facts["evaluate"]["rows"]]
    return facts["search"]["runs"], facts["train"]["rows"], facts["score"]["first_errors"], accuracies


def test_a_plan_says_what_each_round_does_and_refuses_what_cannot_be(base: Path, tmp_path: Path) -> None:
    lines = "\n".join(outline(loop_settings(tmp_path, base)))
    assert "round_1/search/weighted: best_of_n" in lines
    mistakes: list[tuple[dict[str, dict[str, Any]], str]] = [
        ({"loop": {"methods": {"weighted": "best_of_n verifier=orm"}}}, "nobody fills it"),
        ({"loop": {"methods": {"majority": "best_of_n"}}}, "none called majority"),
        ({"supervision": {"method": "none"}}, "trained on step labels"),
        ({"held_out": {"limit": 2}}, "2 held-out questions or fewer"),
        ({"scorer": {"kind": "scripted"}}, "scores nothing"),
        ({"trainer": {"kind": "sft"}}, "such as prm: it trains the verifier"),
        ({"models": {"prm": {"model": "mine"}}}, "role of the verifier that the loop trains"),
    ]
    for sections, message in mistakes:
        with pytest.raises(BadInput, match=message):
            outline(loop_settings(tmp_path, base, **sections))
