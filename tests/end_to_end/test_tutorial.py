"""Commands of pipelines/TUTORIAL.md, run in order as a reader would: the real engine, model, checks and trainer.

Only the Hub is another: a stub on this machine, so that the last step needs neither account nor network.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.exports.hub import OWNER, StubHub, serving
from support.waiting import HANGS_S

from factory.shards.commits import read_rows

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(2 * HANGS_S)]
ROOT = Path(__file__).parents[2]


def commands() -> list[str]:
    """Return the shell blocks of the tutorial, in order."""
    text = (ROOT / "pipelines/TUTORIAL.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, model_folder: str) -> Iterator[tuple[Path, StubHub]]:
    """Folder in which all commands were run, and the Hub that was pushed to."""
    folder = tmp_path_factory.mktemp("tutorial")
    with serving() as hub:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HF_ENDPOINT": hub.endpoint,
            "HF_TOKEN": OWNER,
            "HF_HUB_DISABLE_XET": "1",
        }
        for block in commands():
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.replace("my-name", "me")],  # the stub's only account
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=HANGS_S,
                check=False,
            )
            assert ended.returncode == 0, f"{block}\n{ended.stdout}\n{ended.stderr}"
        yield folder, hub


@pytest.fixture(scope="module")
def rows(done: tuple[Path, StubHub]) -> list[dict[str, Any]]:
    """Records of the labelling run."""
    return list(read_rows(done[0] / "runs/tutorial"))


def test_every_question_is_there_once_and_ok(rows: list[dict[str, Any]]) -> None:
    assert len({row["question_id"] for row in rows}) == len(rows) == 8
    assert {row["status"] for row in rows} == {"ok"}


def test_the_real_model_was_right_and_wrong(rows: list[dict[str, Any]]) -> None:
    assert {"correct", "incorrect"} <= {solution["verdict"] for row in rows for solution in row["solutions"]}


def test_solutions_name_the_real_engine_and_the_exact_weights(rows: list[dict[str, Any]]) -> None:
    made_by = {(s["engine"].split()[0], s["model"], len(s["model_revision"])) for row in rows for s in row["solutions"]}
    assert made_by == {("vllm", "smollm2-135m", 16)}


def test_steps_carry_counts_and_both_labels(rows: list[dict[str, Any]]) -> None:
    steps = [step for row in rows for solution in row["solutions"] for step in solution["steps"]]
    assert {1, -1} <= {step["label"] for step in steps}
    assert all(0 <= step["n_successes"] <= step["n_trials"] for step in steps)
    assert all(step["confidence"] >= 0.9 for step in steps if step["label"] is not None)


def test_probes_read_their_prefix_from_the_engine_cache(rows: list[dict[str, Any]]) -> None:
    assert sum(row["cost"]["cached_tokens"] for row in rows) > 0


def test_the_export_is_loaded_with_both_splits(done: tuple[Path, StubHub], tmp_path: Path) -> None:
    from datasets import load_dataset

    data = load_dataset(str(done[0] / "exports/tutorial"), "prm", cache_dir=str(tmp_path))
    assert {"train", "validation"} <= set(data)


def test_the_trained_model_is_a_whole_folder(done: tuple[Path, StubHub]) -> None:
    model = done[0] / "runs/tutorial-sft/model"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {file.name for file in model.iterdir()}


def test_the_push_is_on_the_hub_with_its_card(done: tuple[Path, StubHub]) -> None:
    repo = done[1].repos["me/tutorial"]
    assert "README.md" in repo.commits[repo.sha("main")]
