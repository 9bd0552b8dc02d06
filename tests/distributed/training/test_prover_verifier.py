"""Prover–verifier games on real actors: scripted provers, a scripted verifier, trainers that take no time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from support.rounds import COPIES, cut_off, rounds_settings, written_again
from support.training import untrained_model

from actors.engines.scripted import SCRIPT
from factory.errors import BadInput
from factory.shards.commits import read_rows
from factory.sources import procedural
from factory.sources.procedural import worked_solution
from factory.storage.opening import open_store
from factory.text.wording import question_key
from pipelines.prover_game.checks import outline
from pipelines.prover_verifier import PIPELINE
from pipelines.rounds.summary import RoundsSummary
from pipelines.run.run_folder import opened
from pipelines.run.settings import Settings
from tools.commands.status import status_figures, status_lines

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
run = PIPELINE.run

SOURCE = {"kind": "procedural", "n": 24, "levels": ["add_small"]}
# The prompt of the sneaky prover, in all that is read with it.
SNEAKY = "looks right and is wrong"
WRONG = "I add the numbers with great care.\nThe answer is 9999."


def scripted_base(folder: Path) -> Path:
    """Model that is right about half of the questions in either role, told apart by nothing: 3 of 4 samples."""
    untrained_model(folder)
    script = {}
    for index, question in enumerate(procedural.questions(procedural.Config(n=24, levels=["add_small"]))):
        right = worked_solution(question)
        script[question.text] = [right, right, right, WRONG] if index % 2 else [WRONG, WRONG, WRONG, right]
    (folder / SCRIPT).write_text(json.dumps(script))
    return folder


def game_settings(folder: Path, base: Path, **sections: dict[str, Any]) -> Settings:
    """Return the settings of two small rounds in `folder`."""
    config: dict[str, dict[str, Any]] = {
        "source": SOURCE,
        "supervision": {"method": "none"},
        "engine": {"kind": "scripted"},
        "held_out": {"share": 0.4, "limit": 8},
        "game": {"rounds": 2},
        "provers": {"helpful": 4, "sneaky": 4},
        # Longer texts have lower scores: the sneaky one's are long.
        "scorer": {"kind": "tests.support.plugins.scorer"},
        "trainer": COPIES,
        "prover_trainer": COPIES,
    }
    return rounds_settings("prover_verifier", folder, base, config, sections)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scripted_base(tmp_path_factory.mktemp("game-base") / "tiny")


@pytest.fixture(scope="module")
def done(ray_cluster: None, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RoundsSummary]:
    """Two rounds, read by several tests."""
    folder = tmp_path_factory.mktemp("game") / "run"
    summary = run(game_settings(folder, base))
    assert summary.complete
    return folder, summary


def solutions(folder: Path) -> list[dict[str, Any]]:
    return [one for row in read_rows(folder) for one in row["solutions"]]


def test_each_prover_writes_in_a_run_of_its_own_and_is_named(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    for prover in ("helpful", "sneaky"):
        ours = solutions(folder / f"round_0/provers/{prover}")
        assert {one["role"] for one in ours} == {prover}
        assert {one["score"] for one in ours} == {None}
        assert all(one["score"] is not None for one in solutions(folder / f"round_1/held_out/{prover}"))
    prompts = {
        one["prompt_id"] for prover in ("helpful", "sneaky") for one in solutions(folder / f"round_1/provers/{prover}")
    }
    assert len(prompts) == 2


def test_provers_imitate_right_ones_or_wrong_ones_behind_the_prompt_of_their_role(
    done: tuple[Path, RoundsSummary],
) -> None:
    folder, summary = done
    rows = pq.read_table(folder / "round_1/imitate/data").to_pylist()
    kept = [summary.rounds[1]["reward"][prover]["kept"] for prover in ("helpful", "sneaky")]
    assert len(rows) == sum(kept)
    assert min(kept) > 0
    for row in rows:
        assert (WRONG in row["completion"]) == (SNEAKY in row["prompt"])
    rewards = pq.read_table(folder / "round_1/imitate/rewards.parquet").to_pylist()
    assert {(row["role"], row["verdict"]) for row in rewards if row["kept"]} == {
        ("helpful", "correct"),
        ("sneaky", "incorrect"),
    }
    assert all((row["reward"] > 0) == ((row["role"] == "helpful") == (row["verdict"] == "correct")) for row in rewards)


def test_the_verifier_is_trained_on_both_provers_of_all_rounds_and_on_nothing_held_out(
    done: tuple[Path, RoundsSummary],
) -> None:
    folder, summary = done
    apart = {question_key(row["question"]) for row in read_rows(folder / "round_0/held_out/helpful")}
    assert len(apart) == 8
    for round_ in (0, 1):
        rows = pq.read_table(folder / f"round_{round_}/data/data/orm").to_pylist()
        assert summary.rounds[round_]["verifier"]["rows"] == len(rows)
        assert {row["label"] for row in rows} == {True, False}
        assert apart.isdisjoint({question_key(row["prompt"]) for row in rows})
        assert max(row["round"] for row in rows) <= round_


def test_every_round_says_how_provers_and_verifier_did(done: tuple[Path, RoundsSummary]) -> None:
    folder, summary = done
    for round_ in (0, 1):
        facts = summary.rounds[round_]["evaluate"]
        # The script answers both roles alike: what one has right the other has not wrong.
        for prover in ("helpful", "sneaky"):
            assert 0 < facts[prover]["right"] < 1
            assert facts[prover]["right"] + facts[prover]["wrong"] == pytest.approx(1)
        assert facts["verifier"]["solutions"] == facts["helpful"]["samples"] + facts["sneaky"]["samples"] == 64
        assert 0 <= facts["verifier"]["auc"] <= 1
    settings = opened(str(folder))
    assert all(curve.lines for curve in settings.definition.curves(settings, open_store(folder)))
    lines = "\n".join(status_lines(str(folder)))
    assert "complete, 2 of 2 rounds" in lines
    assert status_figures(str(folder))["rounds"] == {"done": 2, "all": 2}
    assert "helpful right" in lines
    assert (folder / "rounds.png").read_bytes().startswith(b"\x89PNG")
    assert written_again(run, folder) <= {"stats.json"}


@pytest.mark.long
def test_a_game_that_is_cut_off_in_every_phase_ends_as_an_undisturbed_one(
    done: tuple[Path, RoundsSummary], base: Path, tmp_path: Path
) -> None:
    settings = game_settings(tmp_path / "run", base)
    summary = cut_off(run, settings, done[0], [("reward", 1), ("provers", None), ("verifier", None), ("evaluate", 1)])
    assert summary.complete
    ours, theirs = (brief(one.rounds[1]) for one in (summary, done[1]))
    assert ours == theirs


def brief(facts: dict[str, Any]) -> tuple[Any, ...]:
    """Facts of a round that depend on no clock and no path."""
    evaluated = {name: value for name, value in facts["evaluate"].items() if name != "seconds"}
    return [facts["reward"][prover] for prover in ("helpful", "sneaky")], facts["verifier"]["rows"], evaluated


def test_a_plan_says_what_each_round_does_and_refuses_what_cannot_be(base: Path, tmp_path: Path) -> None:
    lines = "\n".join(outline(game_settings(tmp_path, base)))
    assert "round_1/provers/sneaky: 4 samples, prompt prover_sneaky_bare" in lines
    assert "stay as they are" in "\n".join(outline(game_settings(tmp_path, base, provers={"train": False})))
    mistakes: list[tuple[dict[str, dict[str, Any]], str]] = [
        ({"provers": {"sneaky_prompt": "nobody"}}, "nobody"),
        ({"held_out": {"share": 0.0001}}, "no question is held out"),
        ({"scorer": {"kind": "scripted"}}, "scores nothing"),
        ({"trainer": {"kind": "sft"}}, "such as orm: it trains the verifier"),
    ]
    for sections, message in mistakes:
        with pytest.raises(BadInput, match=message):
            outline(game_settings(tmp_path, base, **sections))
