"""STaR rounds on real actors, with a scripted model and a trainer that writes its next script."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray
from omegaconf import OmegaConf
from support.commands import Running
from support.plugins.gate import close, waiting
from support.rounds import GIVEAWAY, HINT, examples, held_out, kept_ids, scripted_base, star_settings, written_again
from support.runs import units_of
from support.s3 import access
from support.seeing.browser import PHONE, Chromium, in_chromium, violations
from support.seeing.viewing import viewing
from support.training import tiny_model, tiny_tokenizer

from factory.errors import TrainingFailed
from factory.shards.commits import read_rows
from factory.storage.opening import open_store
from factory.text.wording import question_key
from pipelines.driving.drive import Progress
from pipelines.reporting.figures import figures_of
from pipelines.rounds.summary import RoundsSummary
from pipelines.run.listener import Listener
from pipelines.self_training.star_runs import sampling_run
from pipelines.self_training.star_settings import of
from pipelines.star import PIPELINE
from tools.commands.status import status_lines
from tools.report.page import page_of

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
run = PIPELINE.run


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("star-base")
    return scripted_base(folder / "base", tiny_model(folder / "tiny"))


def with_critic(base: Path) -> dict[str, Any]:
    """Sections of the run of `done`: its search ends the run at an answer that is not the critic's."""
    critic = {"model": str(base), "engine": {"kind": "scripted", "fallback": ["fine"]}}
    asking = {"method": "tests.support.plugins.asking_search", "n": 4, "critic": "critic", "says": "fine"}
    return {"star": {"pairs_per_question": 1}, "models": {"critic": critic}, "search": asking}


@pytest.fixture(scope="module")
def done(ray_cluster: None, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RoundsSummary]:
    """Two rounds in which a critic is asked about each sample, read by several tests."""
    folder = tmp_path_factory.mktemp("star") / "run"
    summary = run(star_settings(folder, base, **with_critic(base)))
    assert summary.complete
    return folder, summary


def test_what_was_kept_is_right_and_of_both_kinds(done: tuple[Path, RoundsSummary]) -> None:
    folder, summary = done
    kept = summary.rounds[0]["keep"]
    assert kept["kept"] > 0
    assert kept["kept_hinted"] > 0
    assert len(examples(folder, 0)) == kept["kept"] + kept["kept_hinted"]
    assert {row["hinted"] for row in examples(folder, 0)} == {True, False}
    assert all(row["completion"].splitlines()[-1].startswith("The answer is") for row in examples(folder, 0))


def test_no_rationale_that_was_kept_holds_the_hint_or_speaks_of_it(done: tuple[Path, RoundsSummary]) -> None:
    folder, summary = done
    for round_ in (0, 1):
        for row in examples(folder, round_):
            assert HINT.strip() not in row["prompt"] + row["completion"]
            assert GIVEAWAY not in row["completion"]
    rationales = list(read_rows(folder / "round_0/rationalise"))
    assert any(GIVEAWAY in found["text"] for row in rationales for found in row["solutions"])
    assert all(found["hinted"] for row in rationales for found in row["solutions"])
    assert summary.rounds[0]["keep"]["rejected_hinted"]["leak_phrase"] > 0


def test_nothing_that_is_held_out_is_ever_trained_on(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    apart = held_out(folder)
    assert len(apart) > 3
    for round_ in (0, 1):
        trained = {question_key(row["prompt"].partition("Question: ")[2]) for row in examples(folder, round_)}
        assert trained
        assert not {key for key in apart if any(key in prompt for prompt in trained)}
        assert not {row["question_id"] for row in examples(folder, round_)} & set(apart.values())


def test_every_record_names_the_weights_that_made_it(done: tuple[Path, RoundsSummary]) -> None:
    folder, summary = done
    learnt = [summary.rounds[round_]["train"]["revision"] for round_ in (0, 1)]
    made_by = {
        part: {found["model_revision"] for row in read_rows(folder / part) for found in row["solutions"]}
        for part in ("before/greedy", "round_0/sample", "round_0/greedy", "round_1/sample", "round_1/sampled")
    }
    [before] = made_by["before/greedy"]
    assert before not in learnt
    assert list(made_by.values()) == [{before}, {before}, {learnt[0]}, {learnt[0]}, {learnt[1]}]
    rounds = {found["round"] for row in read_rows(folder / "round_1/sample") for found in row["solutions"]}
    assert rounds == {1}


def test_a_role_beside_the_policy_keeps_its_model_and_is_there_where_it_is_asked(
    done: tuple[Path, RoundsSummary],
) -> None:
    folder, _ = done
    logs = [
        json.loads((folder / part / "logs/attempt_1/attempt.json").read_text())
        for part in ("round_0/sample", "round_1/sample", "round_1/greedy")
    ]
    assert len({log["engine"]["revision"] for log in logs[:2]}) == 2
    assert len({log["others"]["critic"]["revision"] for log in logs[:2]}) == 1
    assert logs[2]["others"] == {}


def test_training_made_the_model_better(done: tuple[Path, RoundsSummary]) -> None:
    _, summary = done
    scores = [phases["evaluate"]["student"]["greedy"]["accuracy"] for phases in summary.rounds.values()]
    assert scores[-1] > scores[0]


def test_a_finished_run_does_nothing_again_and_status_tables_its_rounds(done: tuple[Path, RoundsSummary]) -> None:
    folder, _ = done
    assert written_again(run, folder) <= {"stats.json"}
    lines = "\n".join(status_lines(str(folder)))
    assert "complete, 2 of 2 rounds" in lines
    assert "leak_phrase" in lines
    assert (folder / "accuracy.png").read_bytes().startswith(b"\x89PNG")


@in_chromium
def test_its_pages_tell_the_rounds_apart(done: tuple[Path, RoundsSummary], chromium: Chromium, tmp_path: Path) -> None:
    figures = figures_of(str(done[0]))
    (tmp_path / "report.html").write_text(page_of(figures))
    with chromium.page((tmp_path / "report.html").as_uri()) as page:
        assert page.locator("#rounds figure.chart .plot svg").count() == len(figures["curves"]) >= 2
        assert violations(page) == []
    with viewing(done[0], tmp_path) as address, chromium.page(address, size=PHONE, dark=True) as page:
        runs = page.get_by_role("region", name="runs in this folder")
        runs.wait_for()
        assert violations(page) == []
        runs.get_by_role("link", name="round_1/sample").first.click()
        page.locator(".chip", has_text="Run: round_1/sample").wait_for()
        page.locator(".row-link").first.click()
        page.get_by_text("Records of this question:").wait_for()


def test_pairs_are_right_against_wrong(done: tuple[Path, RoundsSummary]) -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(done[0] / "round_0/train/pairs.parquet").to_pylist()
    assert rows
    assert all("9999" in row["rejected"] and "9999" not in row["chosen"] for row in rows)


ENDINGS = {
    "import sys; sys.exit('no GPU today')": "no GPU today",
    "pass": "left no",
    "import shutil, sys; shutil.copytree(sys.argv[5], sys.argv[3])": "tokenizer",
}


class UntilTrained(Listener):
    """Goes away once a round's training is over."""

    def say(self, line: str) -> None:
        if line == "round 0: swap":
            raise KeyboardInterrupt


def test_trainers_that_end_badly_stop_the_round_and_resume_retries_just_that(
    done: tuple[Path, RoundsSummary], base: Path, tmp_path: Path
) -> None:
    """One after the other: a trainer that fails, one that leaves no model, one that leaves another tokenizer."""
    folder = tmp_path / "run"
    shutil.copytree(done[0], folder)
    for path in ("round_1", "round_0/model", "round_0/greedy", "round_0/sampled"):
        shutil.rmtree(folder / path)
    for phase in ("train", "swap", "evaluate"):
        (folder / f"round_0/{phase}.json").unlink()
    other = tiny_model(tmp_path / "other", tokenizer=tiny_tokenizer("zzz qqq zzz qqq xyzzy"))
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*/data/*.parquet")}

    for script, ending in ENDINGS.items():
        command = ["python", "-c", script, "{data}", "{model}", "{out}", "{work}", str(other)]
        with pytest.raises(TrainingFailed, match=f"{ending}.*factory resume"):
            run(star_settings(folder, base, **with_critic(base), trainer={"command": command}))
        assert not (folder / "round_0/model").exists()
        assert not (folder / "round_0/train.json").exists()

    with pytest.raises(KeyboardInterrupt):
        run(star_settings(folder, base, **with_critic(base)), UntilTrained())
    assert (folder / "round_0/model/provenance.json").is_file()
    assert {path: path.stat().st_mtime_ns for path in before} == before


def last_asked(folder: Path, units: list[Any]) -> str:
    """The question that comes last in `units`, of those in `folder`."""
    asked = {row["question"] for row in read_rows(folder)}
    return [question.text for unit in units for question in unit.questions if question.text in asked][-1]


@pytest.mark.long
def test_a_run_killed_in_every_phase_keeps_what_an_undisturbed_one_keeps(
    running: Callable[..., Running], done: tuple[Path, RoundsSummary], base: Path, tmp_path: Path
) -> None:
    """Each phase comes to a place where it waits to be killed. The commands join the cluster of this session."""
    folder, config, gate = tmp_path / "run", tmp_path / "star.yaml", tmp_path / "gate"
    cluster = {"units_in_flight": 1, "address": ray.get_runtime_context().gcs_address}
    engine = {"kind": "tests.support.plugins.gated_scripted", "gate": str(gate)}
    settings = star_settings(folder, base, star={"rounds": 1}, engine=engine, run={"unit_size": 4}, cluster=cluster)
    OmegaConf.save(OmegaConf.create(settings.plain), config)
    dawdle = folder / "round_0/train/dawdle"
    # Samples are asked for in the order of the source, rationales in that of the samples' shards: their names are
    # hashes of the config, the paths in it included.
    units = units_of(sampling_run(of(settings), 0, str(base), trained=False))
    held = {
        "sample": last_asked(done[0] / "round_0/sample", units),
        "rationalise": last_asked(done[0] / "round_0/rationalise", sorted(units, key=lambda unit: unit.id)) + HINT,
        "train": "",
        "swap": "round_0/model",
    }
    for phase, piece in held.items():
        close(gate, *filter(None, [piece]))
        if phase == "train":
            dawdle.parent.mkdir(parents=True, exist_ok=True)
            dawdle.touch()
        run_ = running("run", str(config))
        run_.wait_for(dawdle.with_name("begun").exists if phase == "train" else lambda: bool(waiting(gate)))
        run_.kill()
        assert not (folder / f"round_0/{phase}.json").exists()
        if phase in ("sample", "rationalise"):
            assert any((folder / "round_0" / phase).glob("data/part-*"))
    gate.unlink()
    code, stdout, stderr = running("resume", str(folder)).end()
    assert (code, "run complete" in stdout) == (0, True), stderr
    assert kept_ids(folder, 0) == kept_ids(done[0], 0)


class OneCtrlC(Listener):
    """Wants an end as soon as both units are in flight."""

    sent = False

    def progress(self, progress: Progress) -> None:
        if not self.sent and progress.in_flight == 2:
            self.sent = True
            os.kill(os.getpid(), signal.SIGINT)


def test_one_ctrl_c_ends_the_rounds_also_where_all_that_was_in_flight_got_done(base: Path, tmp_path: Path) -> None:
    settings = star_settings(tmp_path / "run", base, engine={"latency_s": 1.5}, cluster={"units_in_flight": 50})
    summary = run(settings, OneCtrlC())
    assert not summary.complete
    assert summary.rounds == {}
    assert len(list((tmp_path / "run/before/greedy/data").iterdir())) == 2
    assert not (tmp_path / "run/before/sampled").exists()


@pytest.mark.long
def test_on_s3_models_and_data_travel_through_the_store(
    s3_server: Any, s3_bucket: str, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_CACHE", str(tmp_path))
    settings = star_settings(tmp_path, base, star={"rounds": 1}, storage=access(s3_server), held_out={"k": 1})
    settings.run.dir = f"s3://{s3_bucket}/star"
    summary = run(settings)
    assert summary.complete
    store = open_store(settings.run.dir, settings.storage)
    names = {entry.name for entry in store.entries()}
    assert {"round_0/model/model.safetensors", "round_0/model/manifest.json", "accuracy.png"} <= names
    part = open_store(f"{settings.run.dir}/round_0/greedy", settings.storage)
    made_by = {(found["model"], found["model_revision"]) for row in read_rows(part) for found in row["solutions"]}
    assert {revision for _, revision in made_by} == {summary.rounds[0]["train"]["revision"]}


@pytest.mark.long
def test_two_models_that_take_turns_train_on_what_the_other_got_right(base: Path, tmp_path: Path) -> None:
    teacher = scripted_base(tmp_path / "teacher", base, solves=(0, 1, 2))
    mode = {"mode": "turns", "model": str(teacher)}
    summary = run(star_settings(tmp_path / "run", base, teacher=mode, rationalise={"enabled": False}))
    assert summary.complete
    assert [summary.rounds[round_]["swap"]["learner"] for round_ in (0, 1)] == ["student", "teacher"]
    first = {row["model_revision"] for row in examples(tmp_path / "run", 0)}
    second = {row["model_revision"] for row in examples(tmp_path / "run", 1)}
    assert second == {summary.rounds[0]["train"]["revision"]}
    assert first.isdisjoint(second)
    assert set(summary.rounds[None]["evaluate"]) >= {"student", "teacher"}
