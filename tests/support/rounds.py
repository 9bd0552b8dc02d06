"""Runs of several rounds: their settings, one that is cut off in phase after phase, and STaR with a scripted model.

The model of STaR is a table of what it answers, and its trainer teaches it more of the table. Question i of the source
is solved at once (i % 4 == 0), solved when told the answer (1), told and given away (2), or not before it was trained
(3).
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow.parquet as pq
import pytest
from support.runs import merged

from actors.engines.scripted import SCRIPT
from factory.interfaces import Say
from factory.shards.commits import read_rows
from factory.sources import procedural
from factory.sources.procedural import worked_solution
from factory.text.wording import question_key
from pipelines.rounds import course
from pipelines.rounds.summary import RoundsSummary
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener, Outlook
from pipelines.run.run_folder import opened
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
_COPY = "import shutil, sys; shutil.copytree(sys.argv[1], sys.argv[2])"
COPIES: dict[str, Any] = {
    "kind": "command",
    "command": [sys.executable, "-c", _COPY, "{model}", "{out}"],
    "num_cpus": 0.1,
}
"""Trainer that takes no time: it leaves the model that it began with."""

Run = Callable[..., RoundsSummary]


def rounds_settings(
    pipeline: str,
    folder: Path,
    base: Path,
    config: dict[str, dict[str, Any]],
    sections: dict[str, dict[str, Any]],
) -> Settings:
    """Return the settings of small rounds in `folder`, from the model `base`: `config` with `sections` merged in."""
    small: dict[str, dict[str, Any]] = {
        "run": {"unit_size": 8},
        "cluster": {"start_timeout_s": 600, "request_timeout_s": 600, "attempts": 2},
        **config,
    }
    whole = merged(small, sections)
    run = {**whole["run"], "dir": str(folder)}
    return from_mapping({"pipeline": pipeline, "model": str(base), **whole, "run": run})


class LeftPools(EnginePools):
    """Engines, writers and workers that outlive the run that started them.

    What a run that goes on where another was cut off finds done is in its folder alone; to start the same actors again
    each time is most of the time of a small one.
    """

    def __exit__(self, *error: object) -> None:
        """End nothing."""

    def told(self, say: Say) -> LeftPools:
        """Return these, their news going to the run at hand."""
        self._say = say
        return self

    def close(self) -> None:
        """End the actors."""
        super().__exit__(None, None, None)


@contextmanager
def left_to_each_other() -> Iterator[None]:
    """Have the runs of several rounds in the block work with one set of actors, which ends with the block."""
    pools = LeftPools(lambda line: None)
    try:
        with mock.patch.object(course, "EnginePools", pools.told):
            yield
    finally:
        pools.close()


class Leaves(Listener):
    """Goes away in a phase of the second round, behind so many of the runs that it is made of; None: as it begins."""

    def __init__(self, phase: str, runs: int | None) -> None:
        self._phase, self._left = phase, runs
        self._armed = False

    def say(self, line: str) -> None:
        if line == f"round 1: {self._phase}":
            self._armed = True
            if self._left is None:
                raise KeyboardInterrupt

    def begin(self, outlook: Outlook) -> None:
        if self._armed and self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt


def cut_off(run: Run, settings: Settings, done: Path, phases: Sequence[tuple[str, int | None]]) -> RoundsSummary:
    """Cut a run off in one phase of its second round after the other, then do it to the end and return its summary.

    Args:
      run: function that does the run.
      settings: settings of the run.
      done: folder of a finished run with these settings, whose first round is copied.
      phases: name of each phase, and how many of its runs are done before, as `Leaves` takes them.
    """
    shutil.copytree(done, settings.run.dir)
    shutil.rmtree(Path(settings.run.dir) / "round_1")
    with left_to_each_other():
        for phase, runs in phases:
            with pytest.raises(KeyboardInterrupt):
                run(settings, Leaves(phase, runs))
            assert not (Path(settings.run.dir) / f"round_1/{phase}.json").exists()
        return run(settings)


def written_again(run: Run, folder: Path) -> set[str]:
    """Do a finished run once more, and return the names of its files that have changed."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".parquet", ".json")}
    assert run(opened(folder)).complete
    return {path.name for path in before if path.stat().st_mtime_ns != before[path]}


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
    }
    return rounds_settings("star", folder, base, config, sections)


def examples(folder: Path, round_: int) -> list[dict[str, Any]]:
    """Return the training data of a round."""
    return pq.read_table(folder / f"round_{round_}/train/data").to_pylist()


def kept_ids(folder: Path, round_: int) -> list[tuple[str, str, bool]]:
    """Return (question, solution, hinted) of the training data of a round, sorted."""
    return sorted((row["question_id"], row["solution_id"], row["hinted"]) for row in examples(folder, round_))


def held_out(folder: Path) -> dict[str, str]:
    """Return the ids of the held-out questions, by the keys of their texts."""
    return {question_key(row["question"]): row["question_id"] for row in read_rows(folder / "before/greedy")}
