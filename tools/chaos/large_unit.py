"""Check of a unit with more text than an Arrow column of strings can hold (2 GiB): commit it, read it, validate it.

    python -m tools.chaos.large_unit --gib 2.5            # 10 GiB of memory, 8 GiB under --dir
    python -m tools.chaos.large_unit --gib 2.5 --validate # reads it with `factory validate`, too

The rows are made up: solutions of a megabyte in ten steps, and their tree; each text is there three times, as in a
record. `--gib` is the text of the largest column. Exit status 1 when what is read is not what was committed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from actors.calls import CallPatience
from actors.unit_commits import UnitCommits
from factory.labelling.step_labels import StepLabel
from factory.records.record import Provenance, question_row
from factory.rollouts.cost import Cost
from factory.rollouts.tree import Tree
from factory.shards.commits import open_shard, read_rows, shards
from factory.shards.units import Unit
from factory.storage.access import Access
from factory.storage.opening import Location, open_store
from factory.types import Question, Sampling, content_id
from pipelines.maintenance.validate import validate

GIB, SOLUTION, STEPS = 2**30, 2**20, 10
MADE_BY = Provenance(
    run_id="bench",
    engine="none",
    model="none",
    model_revision="",
    prompt_id="none",
    checker="none/1",
    checker_policy="none",
    labeller="none",
    sampling=Sampling(),
)


class Texts:
    """Texts that do not repeat within what a compressor sees: pieces of 64 MiB of random letters."""

    def __init__(self, seed: int) -> None:
        self._draws = Random(seed)
        self._letters = base64.b64encode(self._draws.randbytes(48 * 2**20)).decode()

    def piece(self, length: int) -> str:
        """Return the next text of `length` characters."""
        start = self._draws.randrange(len(self._letters) - length)
        return self._letters[start : start + length]


def row(number: int, solutions: int, texts: Texts, unit_id: str) -> dict[str, Any]:
    """Return the row of a question with so many wrong solutions."""
    question = Question(text=f"Question {number}?", gold="1")
    made = question_row(Tree(question), {}, Cost(), MADE_BY, unit_id=unit_id, created_at=datetime.now(UTC))
    root = made["tree"][0] if made["tree"] else None
    made["solutions"], made["tree"] = [], [root] if root else []
    for _ in range(solutions):
        parts = [texts.piece(SOLUTION // STEPS) for _ in range(STEPS)]
        made["solutions"].append(solution(question, parts))
        made["tree"] += [node(len(made["tree"]) + at, part) for at, part in enumerate(parts)]
    return made


def solution(question: Question, parts: list[str]) -> dict[str, Any]:
    """Return a solution whose steps are `parts`."""
    text = "".join(parts)
    unlabelled = StepLabel(n_trials=0, n_successes=0, mc_value=None, label=None, confidence=0.0)
    names = ("n_trials", "n_successes", "mc_value", "label", "confidence")
    return {
        "solution_id": content_id(question.id, text),
        "text": text,
        "steps": [{"text": part, **{name: getattr(unlabelled, name) for name in names}} for part in parts],
        "verdict": "incorrect",
        "finish_reason": "stop",
        "first_error": None,
        "contradicted": None,
        "method": "sample",
    }


def node(number: int, text: str) -> dict[str, Any]:
    """Return a node of the tree."""
    return {"node": number, "parent": None, "action": "step", "text": text, "terminal": False}


def digest(rows: Iterator[dict[str, Any]]) -> str:
    """Return a hash of all texts of some rows."""
    total = sha256()
    for each in rows:
        for item in each["solutions"]:
            total.update(item["text"].encode())
            total.update("".join(step["text"] for step in item["steps"]).encode())
        total.update("".join(item["text"] for item in each["tree"]).encode())
    return total.hexdigest()


def peak_gib() -> float:
    """Return the most memory that this process has had so far, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB


def main(arguments: argparse.Namespace) -> int:
    """Commit a large unit, read it back, and print what that took; return the exit status."""
    with tempfile.TemporaryDirectory(dir=arguments.dir) as name:
        folder, unit_id = Path(name), content_id("large")
        texts = Texts(0)
        each = round(arguments.gib * GIB / SOLUTION / arguments.questions)
        rows = [row(number, each, texts, unit_id) for number in range(arguments.questions)]
        expected, made_gib = digest(iter(rows)), peak_gib()
        print(f"made       {arguments.questions} questions of {each} solutions, {made_gib:.1f} GiB of memory")

        # Commit, as a worker does.
        began = time.monotonic()
        unit = Unit(id=unit_id, index=0, questions=())
        place = Location(str(folder), Access())
        receipt = asyncio.run(UnitCommits(place, place.open(), [], CallPatience())(unit, rows))
        rows.clear()
        print(
            f"committed  {receipt.n_bytes / GIB:.2f} GiB in {time.monotonic() - began:.0f} s, peak {peak_gib():.1f} GiB"
        )

        # Read.
        began = time.monotonic()
        same = digest(read_rows(folder)) == expected
        [shard] = shards(folder)
        with open_shard(open_store(folder), shard) as file:
            groups = file.num_row_groups
        took = time.monotonic() - began
        print(f"read       {groups} row groups in {took:.0f} s: {'the same' if same else 'OTHER'} rows")
        if arguments.validate:
            began = time.monotonic()
            faults = [fault.what for fault in validate(folder).faults]
            hashes = [what for what in faults if "content" in what or "unreadable" in what]
            same, took = same and not hashes, time.monotonic() - began
            print(f"validated  in {took:.0f} s, peak {peak_gib():.1f} GiB: {hashes or 'hash as committed'}")
    return 0 if same else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gib", type=float, default=2.5, help="text of the largest column")
    parser.add_argument("--questions", type=int, default=16)
    parser.add_argument("--dir", default=None, help="where the unit is written; a temporary folder by default")
    parser.add_argument("--validate", action="store_true", help="read it with `factory validate`, too")
    sys.exit(main(parser.parse_args()))
