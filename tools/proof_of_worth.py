"""Do the exports train? A reward model and a fine-tuned model from this factory's own data, on the embedded model.

    python -m tools.proof_of_worth --dir runs/proof                    # all of it; again after a break: what is missing
    python -m tools.proof_of_worth --dir runs/proof --stages judge table

The stages, each through the command a user would type (`--show` prints them):

* label      procedural questions, 8 samples each, step labels by `bayes_bisection` → DIR/train
* export     `prm` and `sft` (and `orm`) of it → DIR/exports
* prm        a process reward model on `prm` → DIR/prm; with --orm an outcome reward model → DIR/orm
* untrained  the same model after one step at a learning rate of 0, for comparison → DIR/untrained
* sample     other questions, 8 samples each, no labels: their first errors are known exactly → DIR/questions
* judge      first-error F1, and best of 8 against majority voting → DIR/judged.json, DIR/untrained.json
* sft        fine-tuning on `sft` → DIR/sft
* greedy     greedy answers to the other questions: the base with and without examples, the fine-tuned model
* table      what it came to → DIR/proof.json
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from factory.pass_at_k import COLUMNS, score
from factory.shards import records_of
from tools.proof_plan import STAGES, Plan

REWARD = "product"  # chosen before anything was measured: a solution is right when all of its steps are


def carry_out(plan: Plan, stage: str) -> None:
    """Run a stage's commands unless they are done. Exits where one of them fails: what it said is on the screen."""
    marker = plan.folder / "stages" / f"{stage}.json"
    commands = plan.commands(stage)
    said = [shlex.join(command) for command in commands]
    if marker.is_file() and json.loads(marker.read_text())["commands"] == said:
        print(f"[{stage}] is done", flush=True)
        return
    began = time.monotonic()
    for command in commands:
        print(f"[{stage}] {shlex.join(command)}", flush=True)
        if code := subprocess.run(command, check=False).returncode:
            raise SystemExit(f"[{stage}] failed with exit code {code}; mend it and give the same command again")
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({"commands": said, "seconds": round(time.monotonic() - began, 1)}, indent=1))


def figures(folder: Path) -> dict[str, Any]:
    """All that was measured in `folder`, as far as there is any."""
    found: dict[str, Any] = {"seconds": {}, "accuracy": {}}
    for stage in STAGES:
        marker = folder / "stages" / f"{stage}.json"
        if marker.is_file():
            found["seconds"][stage] = json.loads(marker.read_text())["seconds"]
    for name in ("judged", "untrained"):
        if (folder / f"{name}.json").is_file():
            found[name] = json.loads((folder / f"{name}.json").read_text())
    seen: set[str] = set()
    for name in ("train", "questions", "greedy_few_shot", "greedy_bare", "greedy_sft"):
        if (folder / name / "data").is_dir():
            rows = list(records_of(folder / name, ["question_id", *COLUMNS]))
            found["accuracy"][name] = asdict(score(row for row in rows if row["question_id"] not in seen))
            seen = {row["question_id"] for row in rows} if name == "train" else seen
    for name in ("prm", "orm", "sft"):
        manifest = folder / name / "model" / "manifest.json"
        if manifest.is_file():
            found[f"trained_{name}"] = json.loads(manifest.read_text())["training"]
    return found


def claims(found: Mapping[str, Any]) -> list[tuple[str, float, str, float]]:
    """What has to be larger than what: name, value, name, value."""
    rows = []
    if "judged" in found:
        f1, picks = found["judged"]["first_error"]["f1"], found["judged"]["picks"]
        others = {
            "guessing at its best": found["judged"]["chance_f1"],
            "majority voting": found["judged"]["majority_first_error"]["f1"],
        }
        if "untrained" in found:
            others["the untrained model"] = found["untrained"]["first_error"]["f1"]
        rows += [("first-error F1", f1, name, value) for name, value in others.items()]
        weighted = picks[f"weighted {REWARD}"]["accuracy"]
        rows.append(("weighted best of 8", weighted, "majority voting", picks["majority"]["accuracy"]))
    accuracy = {name: scores["accuracy"] for name, scores in found["accuracy"].items()}
    if "greedy_sft" in accuracy:
        for name, said in (("greedy_bare", "base, no examples"), ("greedy_few_shot", "base, few-shot")):
            if name in accuracy:
                rows.append(("greedy, fine-tuned", accuracy["greedy_sft"], said, accuracy[name]))
    return rows


def tabled(found: Mapping[str, Any]) -> Table:
    """The claims, and whether they hold."""
    table = Table(title=f"{sum(found['seconds'].values()) / 60:.1f} minutes in all")
    for column in ("", "", "against", "", "holds"):
        table.add_column(column, justify="right" if not column else "left")
    for name, value, other, against in claims(found):
        table.add_row(name, f"{value:.3f}", other, f"{against:.3f}", "yes" if value > against else "NO")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES, metavar="STAGE")
    parser.add_argument("--show", action="store_true", help="print the commands, run none")
    parser.add_argument("--orm", action="store_true", help="an outcome reward model, too: some 12 minutes more")
    for name, kind in (("model", str), ("level", str), ("template", str), ("questions", int), ("others", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Plan(folder=Path()), name))
    for name, kind in (
        ("n", int),
        ("prm-steps", int),
        ("sft-steps", int),
        ("seed", int),
        ("learning-rate", float),
        ("confidence", float),
    ):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Plan(folder=Path()), name.replace("-", "_")))
    values = vars(parser.parse_args())
    stages, show = values.pop("stages"), values.pop("show")
    plan = Plan(folder=values.pop("dir"), **values)
    if show:
        print("\n".join(f"[{stage}] {shlex.join(command)}" for stage in stages for command in plan.commands(stage)))
        return
    plan.folder.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        carry_out(plan, stage)
    found = figures(plan.folder) | {"plan": asdict(plan) | {"folder": str(plan.folder)}}
    (plan.folder / "proof.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    Console(width=120).print(tabled(found))


if __name__ == "__main__":
    main()
