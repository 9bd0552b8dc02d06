"""Gain of models trained on this factory's own exports, measured end to end on the embedded model.

    python -m tools.evaluation.proof_of_worth --dir runs/proof                       # all stages that are not done yet
    python -m tools.evaluation.proof_of_worth --dir runs/proof --stages judge table  # only these

It trains a reward model and a fine-tuned model, and compares them with methods that need no training. Each stage runs
the commands a user would type (`--show` prints them); one that is done is not done again.

* label      procedural questions, 8 samples each, step labels by `bayes_bisection` → DIR/train
* export     `prm` and `sft` (and `orm`) of it → DIR/exports
* prm        a process reward model on `prm` → DIR/prm; with --orm an outcome reward model → DIR/orm
* untrained  the same model after one step at next to no learning rate, for comparison → DIR/untrained
* sample     other questions, 8 samples each, no labels: their first errors are known exactly → DIR/questions; those
             with the same numbers as one trained on are left out of all figures
* judge      first-error F1, and best of 8 against majority voting → DIR/judged.json
* sft        fine-tuning on `sft` → DIR/sft
* greedy     greedy answers to the other questions: the base with and without examples, the fine-tuned model
* table      all figures → DIR/proof.json, and whether each claim holds
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from factory.evaluation.pass_at_k import COLUMNS, score
from factory.shards.commits import records_of
from tools.evaluation.eval_prm import REWARD
from tools.evaluation.proof_plan import OPTION_HELP, STAGES, ProofPlan
from tools.evaluation.sampled_solutions import names_of

# Standard errors on either side of a mean that make a 95 % interval.
CONFIDENT = 1.96


def bind(plan: ProofPlan) -> None:
    """Make the folder belong to this plan.

    Raises:
      SystemExit: another plan was begun in it.
    """
    # A folder may be moved between two stages: its own path is no part of the plan.
    wanted = json.dumps({**asdict(plan), "folder": ""}, indent=1)
    path = plan.folder / "plan.json"
    if path.is_file() and path.read_text(encoding="utf-8") != wanted:
        raise SystemExit(
            f"{plan.folder} holds a proof with other options ({path}); give the same ones, or another --dir"
        )
    plan.folder.mkdir(parents=True, exist_ok=True)
    _write(path, wanted)


def carry_out(plan: ProofPlan, stage: str) -> None:
    """Run the commands of a stage unless it is done.

    Raises:
      SystemExit: a command failed; its own messages are on the screen.
    """
    # The marker is written behind the last command: a stage that was interrupted is run again.
    marker = plan.folder / "stages" / f"{stage}.json"
    if marker.is_file():
        print(f"[{stage}] is done", flush=True)
        return
    began = time.monotonic()
    for command in plan.commands(stage):
        print(f"[{stage}] {shlex.join(command)}", flush=True)
        if code := subprocess.run(command, check=False).returncode:
            raise SystemExit(
                f"[{stage}] failed with exit code {code}; its message is above. Correct that and run the same again"
            )
    marker.parent.mkdir(parents=True, exist_ok=True)
    _write(marker, json.dumps({"seconds": round(time.monotonic() - began, 1)}))


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all, so that an interrupted stage leaves no half marker."""
    temp = path.with_suffix(".tmp")
    temp.write_text(text, encoding="utf-8")
    temp.rename(path)


def figures(folder: Path) -> dict[str, Any]:
    """Return everything that the stages have measured in `folder` so far."""
    # Phase 1: seconds of the stages that are done, and the evaluation of the reward models.
    measured: dict[str, Any] = {"seconds": {}, "accuracy": {}}
    for stage in STAGES:
        marker = folder / "stages" / f"{stage}.json"
        if marker.is_file():
            measured["seconds"][stage] = json.loads(marker.read_text())["seconds"]
    if (folder / "judged.json").is_file():
        measured["judged"] = json.loads((folder / "judged.json").read_text())
    # Phase 2: accuracy of the runs. "train" comes first: its questions are left out of all others.
    seen: set[str] = set()
    for name in ("train", "questions", "greedy_few_shot", "greedy_bare", "greedy_sft"):
        if (folder / name / "data").is_dir():
            rows = list(records_of(folder / name, ["question", "metadata", *COLUMNS]))
            measured["accuracy"][name] = asdict(score(row for row in rows if names_of(row).isdisjoint(seen)))
            seen = set().union(*map(names_of, rows)) if name == "train" else seen
    # Phase 3: what the trainers recorded.
    for name in ("prm", "orm", "sft"):
        manifest = folder / name / "model" / "manifest.json"
        if manifest.is_file():
            measured[f"trained_{name}"] = json.loads(manifest.read_text())["training"]
    return measured


class Claim(NamedTuple):
    """Claim that one measure is larger than the same measure of something else.

    * `name`, `value`: the measure that has to be larger.
    * `other`, `against`: the one it is compared with.
    * `low`: lower end of the 95 % interval of the difference; the claim holds where it is above 0.
    """

    name: str
    value: float
    other: str
    against: float
    low: float


def claims(measured: Mapping[str, Any]) -> list[Claim]:
    """Return the claims of which both sides are measured (`figures`)."""
    rows = []
    # The reward model, against untrained models and methods that need none.
    if "judged" in measured:
        errors, picks, over = (measured["judged"][key] for key in ("first_error", "picks", "weighted_over"))
        rows += [
            Claim("first-error F1", errors["PRM"]["f1"], name, one["f1"], one["gain"]["low"])
            for name, one in errors.items()
            if not name.startswith("PRM")
        ]
        rows += [
            Claim(
                f"weighted best of {measured['plan']['n']}",
                picks[f"weighted {REWARD}"]["accuracy"],
                name,
                picks[name]["accuracy"],
                one["gain"] - CONFIDENT * (one["gain_error"] or math.inf),
            )
            for name, one in over.items()
        ]
    # The fine-tuned model, against the base model. A single question has no standard error: no claim holds then.
    scores = measured["accuracy"]
    for name, said in (("greedy_bare", "base, no examples"), ("greedy_few_shot", "base, few-shot")):
        if name in scores and "greedy_sft" in scores:
            tuned, base = scores["greedy_sft"], scores[name]
            error = math.hypot(tuned["accuracy_error"] or math.inf, base["accuracy_error"] or math.inf)
            gain = tuned["accuracy"] - base["accuracy"]
            rows.append(
                Claim("greedy, fine-tuned", tuned["accuracy"], said, base["accuracy"], gain - CONFIDENT * error)
            )
    return rows


def tabled(measured: Mapping[str, Any]) -> Table:
    """Return the claims as a table that says which of them hold."""
    table = Table(title=f"{sum(measured['seconds'].values()) / 60:.1f} minutes in all")
    for column in ("", "is", "against", "of", "more by at least (95 %)", "holds"):
        table.add_column(column, justify="right" if column in ("is", "of") else "left")
    for one in claims(measured):
        holds = "yes" if one.low > 0 else "NO"
        table.add_row(one.name, f"{one.value:.3f}", one.other, f"{one.against:.3f}", f"{one.low:+.3f}", holds)
    return table


def main() -> None:
    """Run the stages that the command line asks for; save all figures and print the claims."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--dir", type=Path, required=True, help="folder for everything that is made; give it again to go on"
    )
    parser.add_argument(
        "--stages",
        nargs="+",
        choices=STAGES,
        default=STAGES,
        metavar="STAGE",
        help="run only these stages (default: all, in the order above)",
    )
    parser.add_argument("--show", action="store_true", help="print the commands, run none")
    parser.add_argument(
        "--orm", action="store_true", help="train and measure an outcome reward model, too: some 12 minutes more"
    )
    # Every other field of the plan is an option with the field's default.
    for field in fields(ProofPlan):
        if field.name not in ("folder", "orm"):
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=type(field.default),
                default=field.default,
                help=f"{OPTION_HELP[field.name]} (default: {field.default})",
            )
    values = vars(parser.parse_args())
    stages, show = values.pop("stages"), values.pop("show")
    plan = ProofPlan(folder=values.pop("dir"), **values)
    if show:
        print("\n".join(f"[{stage}] {shlex.join(command)}" for stage in stages for command in plan.commands(stage)))
        return
    bind(plan)
    for stage in stages:
        carry_out(plan, stage)
    measured = figures(plan.folder) | {"plan": asdict(plan) | {"folder": str(plan.folder)}}
    (plan.folder / "proof.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    Console(width=120).print(tabled(measured))


if __name__ == "__main__":
    main()
