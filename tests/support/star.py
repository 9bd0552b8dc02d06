"""STaR runs with a scripted model: a table of what it answers, and a trainer that teaches it more of the table.

Question i of the source is solved at once (i % 4 == 0), solved when told the answer (1), told and given away (2), or
not before it was trained (3).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from actors.engines.scripted import SCRIPT
from factory.shards.commits import read_rows
from factory.sources import procedural
from factory.sources.procedural import worked_solution
from factory.text.wording import question_key
from pipelines.run.settings import Settings, from_mapping

SOURCE = {"kind": "procedural", "n": 40, "levels": ["add_small"]}
WRONG = "I add the numbers.\nThe answer is 9999."
HINT = "\n\n(The reference answer is"  # of the prompt hinted_cot
GIVEAWAY = "As given, it fits.\n"
TRAINER = """
import json, pathlib, shutil, sys, time, pyarrow.parquet as pq
data, model, out, work = map(pathlib.Path, sys.argv[1:5])
if (data / "dawdle").exists():  # the first time, until somebody kills it
    (data / "dawdle").rename(data / "begun")
    time.sleep(3600)
shutil.copytree(model, out)
rows = pq.read_table(next(data.rglob("train-*.parquet"))).to_pylist()
script = json.loads((model / "script.json").read_text())
learnt = {row["prompt"].removeprefix("Question: ").removesuffix("\\nAnswer:\\n"): [row["completion"]] for row in rows}
(out / "script.json").write_text(json.dumps(script | learnt | script.pop("taught")))
"""


def scripted_base(folder: Path, tiny: Path, solves: Sequence[int] = (0,)) -> Path:
    """Make a model folder: that of `tiny`, whose weights nobody uses, with a script beside the weights.

    `solves`: questions that it solves at once, as indices modulo 4.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in tiny.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    script: dict[str, Any] = {}
    taught = {}
    for index, question in enumerate(procedural.questions(procedural.Config(n=40, levels=["add_small"]))):
        right = worked_solution(question)
        script[question.text] = [WRONG, right] if index % 4 in solves else [WRONG]
        if index % 4 in (1, 2):
            script[question.text + HINT] = [right if index % 4 == 1 else GIVEAWAY + right]
        if index % 4 == 3 and index % 8 == 3:
            taught[question.text] = [right]
    (folder / SCRIPT).write_text(json.dumps(script | {"taught": taught}))
    return folder


def star_settings(folder: Path, base: Path, **sections: dict[str, Any]) -> Settings:
    """Return the settings of two rounds in `folder`, trained by a command that takes no time."""
    config: dict[str, dict[str, Any]] = {
        "run": {"unit_size": 8},
        "source": SOURCE,
        "prompt": {"template": "zero_shot_cot"},
        "trained_prompt": {"template": "bare"},
        "search": {"n": 4},
        "supervision": {"method": "none"},
        "engine": {"kind": "scripted"},
        "star": {"rounds": 2},
        "rationalise": {"template": "hinted_cot"},
        "held_out": {"share": 0.3, "k": 2},
        "trainer": {
            "kind": "command",
            "command": [sys.executable, "-c", TRAINER, "{data}", "{model}", "{out}", "{work}"],
        },
        "cluster": {"start_timeout_s": 600, "request_timeout_s": 600, "attempts": 2},
    }
    for name, values in sections.items():
        config[name] = {**config.get(name, {}), **values}
    config["run"]["dir"] = str(folder)
    return from_mapping({"pipeline": "star", "model": str(base), **config})


def examples(folder: Path, round_: int) -> list[dict[str, Any]]:
    """Return the training data of a round."""
    return pq.read_table(folder / f"round_{round_}/train/data").to_pylist()


def kept_ids(folder: Path, round_: int) -> list[tuple[str, str, bool]]:
    """Return (question, solution, hinted) of the training data of a round, sorted."""
    return sorted((row["question_id"], row["solution_id"], row["hinted"]) for row in examples(folder, round_))


def held_out(folder: Path) -> dict[str, str]:
    """Return the ids of the held-out questions, by the keys of their texts."""
    return {question_key(row["question"]): row["question_id"] for row in read_rows(folder / "before/greedy")}
