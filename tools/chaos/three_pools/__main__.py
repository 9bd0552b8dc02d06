"""Run with three pools of models on this machine, whose reward model is killed in mid-run (SIGKILL).

    python -m tools.chaos.three_pools --dir runs/three_pools --json OUT
    python -m tools.chaos.three_pools --dir runs/three_pools --prm runs/proof/prm/model --json OUT

* policy  vLLM on the embedded model
* prm     engine.kind=scorer: a process reward model trained by `pipelines/train.yaml` on an export of a simulated run
          (10 steps: it has to answer, not to be right), or the folder given by --prm
* judge   a scripted server (`tools/openai_server`) behind engine.kind=http, which has a price

`factory run` samples, has the prm score every solution and the judge judge it. When the first units are committed the
scorer's process is killed; Ray starts another. In the end every question has to be there and ok, and records,
`stats.json`, `factory status` and the card of an export have to say by role which model it was, what it was asked for
and what that cost. Exit status 1 where something does not hold, one line each.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table

from actors.models.resolve import fetch_embedded, model_revision
from factory.errors import BadInput, FactoryError
from factory.shards.commits import read_rows
from factory.types import POLICY
from tools.chaos.drivers import finish, start
from tools.chaos.three_pools.checks import Expected, kill_faults, record_faults, stats_faults, text_faults, totals
from tools.chaos.three_pools.killing import MARK, Death, killed_in_the_middle
from tools.commands.status import status_lines
from tools.one_line import exit_status
from tools.openai_server.options import Options
from tools.openai_server.server import openai_server

MODEL, JUDGE = "smollm2-135m", "scripted-judge"
PROMPT_PRICE, COMPLETION_PRICE = 0.15, 0.60
UNIT_SIZE, IN_FLIGHT = 2, 3
VERDICTS = ["Reason: it agrees\nVerdict: correct", "Reason: it does not agree\nVerdict: incorrect"]
SHOWN = 10


def config(folder: Path, questions: int, prm: Path, judge_url: str) -> dict[str, Any]:
    """Return the config of the run with three pools.

    Args:
      folder: run folder.
      questions: how many.
      prm: folder of the reward model.
      judge_url: URL of the judge's server.
    """
    # Parts of a CPU, so that all of it fits on two.
    scorer = {"kind": "scorer", "num_cpus": 0.2, "env": {MARK: "prm"}}
    priced = {"prompt_price": PROMPT_PRICE, "completion_price": COMPLETION_PRICE}
    server = {"kind": "http", "base_url": judge_url, "token_ids": "chat", "num_cpus": 0.1, **priced}
    return {
        "pipeline": "label_steps",
        "model": MODEL,
        "engine": {"kind": "vllm", "num_cpus": 0.5, "env": {"VLLM_CPU_KVCACHE_SPACE": "1"}},
        "models": {
            "prm": {"model": str(prm), "engine": scorer},
            "judge": {"model": JUDGE, "engine": server},
        },
        "run": {"dir": str(folder), "unit_size": UNIT_SIZE},
        "source": {"kind": "procedural", "n": questions, "levels": ["multiply_add"]},
        "prompt": {"template": "few_shot_multiply_add", "style": "raw"},
        "sampling": {"temperature": 0.7, "max_tokens": 96},
        "search": {"method": "tools.chaos.three_pools.asking", "n": 4, "prm": "prm"},
        "supervision": {"method": "none"},
        "checker": {"kind": "llm_judge", "judge_role": "judge"},
        "cluster": {"address": "local", "units_in_flight": IN_FLIGHT},
    }


def trained_prm(folder: Path, steps: int, limit_s: float) -> Path:
    """Make a reward model: a simulated run with step labels, its export, a short training. Return the model's folder.

    What is done already in `folder` is not done again.
    """
    model, data = folder / "prm" / "model", folder / "prm_export"
    if (model / "config.json").is_file():
        return model
    shape = ["engine.kind=simulated", "engine.steps=4", "engine.words=3", "source.kind=simulated", "source.n=40"]
    labelled = [f"run.dir={folder / 'labelled'}", "model=none", *shape, "search.n=4", "supervision.confidence=0.8"]
    command("label", ["run", _pipeline("label_steps"), *labelled, "prompt.template=zero_shot_cot"], folder, limit_s)
    if not (data / "manifest.json").is_file():
        command("export", ["export", str(folder / "labelled"), str(data), "--format", "prm"], folder, limit_s)
    sizes = [f"trainer.max_steps={steps}", "trainer.batch_size=4", "trainer.max_length=128", "trainer.threads=1"]
    places = [f"model={MODEL}", f"run.dir={folder / 'prm'}", f"data.path={data / 'data' / 'prm'}", "trainer.kind=prm"]
    command("train", ["run", _pipeline("train"), *places, *sizes], folder, limit_s)
    return model


def _pipeline(name: str) -> str:
    return str(Path(__file__).parents[3] / "pipelines" / f"{name}.yaml")


def command(name: str, arguments: Sequence[str], folder: Path, limit_s: float) -> None:
    """Run the command `factory`, its output in a log of that name. Raises `FactoryError` when it fails."""
    began, log = time.monotonic(), folder / f"{name}.log"
    try:
        code = finish(arguments, log, limit_s)
    except subprocess.TimeoutExpired:
        raise FactoryError(f"{name} took more than {limit_s:.0f} s; expected its end by then (--limit)") from None
    if code:
        raise _failed(name, code, log)
    say(f"{name}: {time.monotonic() - began:.0f} s")


def _failed(name: str, code: int, log: Path) -> FactoryError:
    text = log.read_text(encoding="utf-8", errors="replace")
    return FactoryError(f"{name} ended with {code}; see {log}: {text[-500:]}")


def disturbed_run(folder: Path, arguments: argparse.Namespace, prm: Path) -> Death:
    """Make the run in `folder`/run, kill its scorer on the way, export it to `folder`/export; return the kill."""
    with openai_server(Options(model=JUDGE, writer={"kind": "scripted", "fallback": VERDICTS})) as judge:
        config_file, log = folder / "config.yaml", folder / "run.log"
        OmegaConf.save(OmegaConf.create(config(folder / "run", arguments.questions, prm, judge.url)), config_file)
        driver = start(["run", str(config_file)], log)
        try:
            death = killed_in_the_middle(driver, folder / "run", "prm", arguments.kill_after, arguments.limit)
        finally:
            driver.kill()
            driver.wait()
    if driver.returncode:
        raise _failed("the run", driver.returncode, log)
    # A card needs a licence.
    options = ["--format", "orm", "--licence", "apache-2.0"]
    command("export_run", ["export", str(folder / "run"), str(folder / "export"), *options], folder, arguments.limit)
    return death


def expected_roles(prm: Path) -> dict[str, Expected]:
    """Return the model that has to stand behind each role."""
    policy = model_revision(str(fetch_embedded(MODEL)))
    return {
        POLICY: Expected(engine="vllm ", model=MODEL, revision=policy or ""),
        "prm": Expected(engine="scorer (", model=str(prm), revision=model_revision(str(prm)) or ""),
        # A server does not say which weights it has.
        "judge": Expected(
            engine="http ",
            model=JUDGE,
            revision="",
            prompt_price=PROMPT_PRICE,
            completion_price=COMPLETION_PRICE,
        ),
    }


def figures(folder: Path, questions: int, prm: Path, death: Death) -> dict[str, Any]:
    """Return the kill, the cost by role, and all that does not hold."""
    rows = list(read_rows(str(folder / "run")))
    entries = totals(rows)
    stats = json.loads((folder / "run" / "stats.json").read_text(encoding="utf-8"))
    card = (folder / "export" / "README.md").read_text(encoding="utf-8")
    units = -(-questions // UNIT_SIZE)
    wrong = [
        *kill_faults(death.pid, death.successor, death.units, IN_FLIGHT, units),
        *record_faults(rows, questions, expected_roles(prm)),
        *stats_faults(stats, entries),
        *text_faults("\n".join(status_lines(str(folder / "run"))), card, entries),
    ]
    solutions = sum(len(row["solutions"]) for row in rows)
    return {
        "questions": questions,
        "ok": sum(row["status"] == "ok" for row in rows),
        "units": units,
        "solutions": solutions,
        "kill": asdict(death),
        "roles": entries,
        "money": stats["money"],
        "seconds": stats["seconds"],
        "wrong": wrong,
    }


def show(row: Mapping[str, Any], console: Console) -> None:
    """Print the table of roles, the kill, and what does not hold."""
    names = ("role", "engine", "model", "revision", "calls", "prompt_tokens", "completion_tokens", "money")
    table = Table(*names, title="Cost by role, from the records")
    for entry in row["roles"]:
        values = (Path(entry[name]).name if name == "model" else entry[name] for name in names)
        table.add_row(*(f"{value:.6g}" if isinstance(value, float) else str(value or "") for value in values))
    console.print(table)
    kill = row["kill"]
    console.print(f"questions ok    {row['ok']} of {row['questions']}, {row['solutions']} solutions")
    console.print(f"scorer killed   process {kill['pid']}, when {kill['units']} of {row['units']} units were committed")
    console.print(f"another one     process {kill['successor']}, after {kill['back_s']} s")
    console.print(f"does not hold   {len(row['wrong'])}")
    for line in row["wrong"][:SHOWN]:
        console.print(line, markup=False, soft_wrap=True)


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's arguments; ends with status 2 for those that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="folder for models, runs and logs")
    parser.add_argument("--prm", type=Path, help="folder of a reward model; one is trained without")
    parser.add_argument("--prm-steps", type=int, default=10, help="optimizer steps of the training (default: 10)")
    parser.add_argument("--questions", type=int, default=24, help="questions of the run (default: 24)")
    parser.add_argument("--kill-after", type=int, default=2, help="committed units before the kill (default: 2)")
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds for each command (default: 1800)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args(argv)
    least = UNIT_SIZE * (arguments.kill_after + IN_FLIGHT) + 1
    if arguments.questions < least:
        parser.error(
            f"--questions is {arguments.questions}: expected {least} or more, so that some come after the kill"
        )
    if not arguments.json.absolute().parent.is_dir():
        parser.error(f"--json {arguments.json}: expected a file in a folder that is there")
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Make the reward model and the run, save and print the figures; return 1 where something does not hold."""
    arguments = parsed(argv)
    folder = arguments.dir.resolve()
    if (folder / "run").exists() or (folder / "export").exists():
        raise BadInput(f"{folder} holds a run already. Expected another --dir; its reward model can be given by --prm.")
    folder.mkdir(parents=True, exist_ok=True)
    # Both ends the same way: everything is taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    prm = arguments.prm.resolve() if arguments.prm else trained_prm(folder, arguments.prm_steps, arguments.limit)
    death = disturbed_run(folder, arguments, prm)
    row = figures(folder, arguments.questions, prm, death)
    arguments.json.write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")
    show(row, Console(width=160, highlight=False))
    return 1 if row["wrong"] else 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
