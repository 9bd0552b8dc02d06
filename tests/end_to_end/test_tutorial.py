"""Commands of pipelines/TUTORIAL.md, run one after the other as a reader would, with the embedded model.

Only the Hub is another: a stub on this machine, so that the last step needs neither account nor network.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.exports.hub import OWNER, serving

from factory.shards.commits import read_rows

pytestmark = pytest.mark.end_to_end
ROOT = Path(__file__).parents[2]
GENEROUS_S = 1200  # guards against hanging only


def commands() -> list[str]:
    """Return the shell blocks of the tutorial, in order."""
    text = (ROOT / "pipelines/TUTORIAL.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


@pytest.mark.timeout(2 * GENEROUS_S)
def test_every_command_of_the_tutorial_does_what_it_says(tmp_path: Path, model_folder: str) -> None:
    from datasets import load_dataset

    with serving() as hub:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HF_ENDPOINT": hub.endpoint,
            "HF_TOKEN": OWNER,
            "HF_HUB_DISABLE_XET": "1",
        }
        for block in commands():
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=GENEROUS_S,
                check=False,
            )
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"

    rows = list(read_rows(tmp_path / "runs/tutorial"))
    assert len(rows) == 8
    assert {row["status"] for row in rows} == {"ok"}
    assert {"correct", "incorrect"} <= {solution["verdict"] for row in rows for solution in row["solutions"]}
    steps = [step for row in rows for solution in row["solutions"] for step in solution["steps"]]
    assert {1, -1} <= {step["label"] for step in steps}

    data = load_dataset(str(tmp_path / "exports/tutorial"), "prm", cache_dir=str(tmp_path / "cache"))
    assert {"train", "validation"} <= set(data)
    assert (tmp_path / "runs/tutorial-sft/model/model.safetensors").is_file()
    repo = hub.repos["my-name/tutorial"]
    assert "README.md" in repo.commits[repo.sha("main")]
