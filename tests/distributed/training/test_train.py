"""`factory run pipelines/train.yaml`: one fine-tuning on an export, from its folder to its model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.exports.exports import committed, record, solution
from support.training import SUMS, TEMPLATES, chat_data, raw_data, tiny_model, tiny_tokenizer

from actors.trained_models.reward_scorer import SolutionScorer, StepScorer
from actors.training_data.tokens import Tokens
from factory.errors import BadInput
from pipelines.export.export import ExportOptions, export
from pipelines.run.run_folder import opened
from pipelines.run.settings import Settings, from_mapping
from pipelines.train import outline, run, summary_lines
from tools.cli import main
from tools.commands.status import status_figures, status_lines

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


TRAINER = {"kind": "sft", "max_steps": 2, "batch_size": 4, "learning_rate": 1e-3, "num_cpus": 0}


def settings(tmp_path: Path, **sections: Any) -> Settings:
    return from_mapping(
        {
            "pipeline": "train",
            "model": str(tmp_path / "base"),
            "run": {"dir": str(tmp_path / "run")},
            "data": {"path": str(tmp_path / "data")},
            "trainer": TRAINER,
            **sections,
        }
    )


@pytest.fixture
def ready(tmp_path: Path) -> Settings:
    tiny_model(tmp_path / "base")
    raw_data(tmp_path / "data")
    return settings(tmp_path)


def test_a_training_leaves_a_model_and_says_where_and_is_not_done_twice(ready: Settings, tmp_path: Path) -> None:
    summary = run(ready)
    model = tmp_path / "run/model"
    assert (model / "model.safetensors").is_file()
    assert summary.trained.steps == 2
    assert any(str(model) in line for line in summary_lines(summary))
    assert status_lines(str(tmp_path / "run"))[0].endswith("complete")
    assert status_figures(str(tmp_path / "run"))["trained"]["steps"] == 2
    before = (model / "model.safetensors").stat().st_mtime_ns
    assert run(opened(tmp_path / "run")).trained.revision == summary.trained.revision
    assert (model / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(BadInput, match="another config"):
        run(settings(tmp_path, run={"dir": str(tmp_path / "run"), "seed": 7}))
    with pytest.raises(BadInput, match=r"learning_rate was 0\.001, now 0\.002.*another run\.dir"):
        run(settings(tmp_path, trainer=TRAINER | {"learning_rate": 2e-3}))
    with pytest.raises(BadInput, match="trainer was sft, now command"):
        outline(settings(tmp_path, trainer={"kind": "command", "command": ["true"]}))
    raw_data(tmp_path / "data", SUMS[:5])
    with pytest.raises(BadInput, match="the data were others"):
        run(ready)


def test_a_template_that_cuts_reasoning_trains_on_all_of_it_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_model(tmp_path / "base", tokenizer=tiny_tokenizer(template=TEMPLATES["deepseek_r1"]))
    pairs = [(f"{n} + 1?", f"<think>\n{n} and 1\n</think>\n\n{n + 1}") for n in range(4)]
    chat_data(tmp_path / "data", pairs)
    places = [f"model={tmp_path}/base", f"data.path={tmp_path}/data", f"run.dir={tmp_path}/run"]
    trainer = [f"trainer.{key}={value}" for key, value in TRAINER.items()]
    monkeypatch.setattr(sys, "argv", ["factory", "run", "pipelines/train.yaml", *places, *trainer])
    with pytest.raises(SystemExit, match="0"):
        main()
    said = capsys.readouterr().out
    assert (
        "\nby hand        4 completions: the model's chat template would have cut or changed them; trained on" in said
    )
    learnt = 2 * sum(written_by(tmp_path / "base", prompt, completion) for prompt, completion in pairs)
    assert f"in 2 steps, {learnt:,} tokens" in said


def written_by(base: Path, prompt: str, completion: str) -> int:
    """Return the tokens of a prompt in the model's template, a completion and the end of its turn."""
    tokenizer = Tokens(str(base)).tokenizer
    text = f"<｜User｜>{prompt}<｜Assistant｜>{completion}{tokenizer.eos_token}"
    return len(tokenizer.encode(text, add_special_tokens=False))


@pytest.mark.parametrize(("kind", "asked"), [("prm", ["it is", "1"]), ("orm", "it is\n1")])
def test_a_reward_model_is_trained_on_an_export_and_judges(kind: str, asked: Any, tmp_path: Path) -> None:
    tiny_model(tmp_path / "base")
    rows = [record(f"{n} + 1?", solution(f"it is\n{n + 1}"), solution("no\n0", right=False)) for n in range(9)]
    export([committed(tmp_path / "records", rows)], tmp_path / "out", ExportOptions(formats=(kind,)))
    trainer = {"kind": kind, "max_steps": 2, "batch_size": 4, "learning_rate": 1e-3, "num_cpus": 0}
    done = run(settings(tmp_path, data={"path": str(tmp_path / "out/data" / kind)}, trainer=trainer))
    assert done.trained.examples == 18
    assert any("eval_prm" in line for line in status_lines(str(tmp_path / "run"))) == (kind == "prm")
    scorer = (StepScorer if kind == "prm" else SolutionScorer)(str(tmp_path / "run/model"), batch_size=2)
    scores = np.ravel(scorer.scores([("0 + 1?", asked)]))
    assert len(scores) == (2 if kind == "prm" else 1)
    assert ((scores > 0) & (scores < 1)).all()


@pytest.mark.parametrize(
    ("kind", "message"), [("sft", "trainer.kind=orm"), ("prm", "expected prompt and completions and labels")]
)
def test_data_of_another_trainer_are_refused_before_anything_starts(kind: str, message: str, tmp_path: Path) -> None:
    tiny_model(tmp_path / "base")
    (tmp_path / "data").mkdir()
    table = pa.table({"prompt": ["1 + 1?"], "completion": ["3"], "label": [False]})
    pq.write_table(table, tmp_path / "data/train-00000-of-00001.parquet")
    with pytest.raises(BadInput, match=message):
        run(settings(tmp_path, trainer={"kind": kind}))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("path", ["", "nowhere"])
def test_without_data_nothing_starts(path: str, tmp_path: Path) -> None:
    tiny_model(tmp_path / "base")
    with pytest.raises(BadInput, match=r"train-\*\.parquet"):
        run(settings(tmp_path, data={"path": path}))
