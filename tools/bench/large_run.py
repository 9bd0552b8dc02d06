"""Run folder of a million questions without a run: for measuring whatever reads all of a run (report, viewer).

    python -m tools.bench.large_run runs/million --questions 1000000

Some hundred records of the simulated engine (four samples, located first errors, a tree; some failed, cut off or
unreadable) are written again and again under other ids: 25,000 of them, of which the other objects are copies. 4,000
objects, 1 GB.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import Receipt, shard_name
from factory.shards.receipts import ReceiptLog
from factory.shards.shard_file import Footer, encode, footer_for
from factory.storage.opening import open_store
from pipelines.planning.plan import keep, plan
from pipelines.run import run_folder
from pipelines.run.settings import Settings, from_mapping
from tools.bench.prepared_folder import create

PER_OBJECT = 250
# Records that differ in more than ids, levels and costs: two objects' worth.
DISTINCT = 2 * PER_OBJECT
# Objects with ids and times of their own.
ENCODED = 100
SOURCES = ("algebra.jsonl", "word_problems.jsonl", "geometry.jsonl")
FAILURES = (
    ("search", "PromptTooLong", "the prompt has {n} tokens, the engine takes 4,096"),
    ("search", "EngineRefused", "HTTP 400: temperature must be at least 0"),
    ("check", "CheckerGone", "the checker has died {n} times"),
    ("supervise", "QuestionFailed", "a request of 3 tries took longer than 1,800 s"),
    ("search", "QuestionFailed", "the critic's reply could not be read"),
    ("record", "TooLarge", "the question holds {n} bytes of text"),
)
REASONS = ("no final answer is stated", "two boxes state different answers", "the answer is no number: a sentence")
START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def settings_for(folder: str, questions: int) -> Settings:
    """Return settings of the run that the folder looks like."""
    return from_mapping(
        {
            "run": {"dir": folder, "unit_size": PER_OBJECT},
            "model": "simulated-7b",
            "source": {"kind": "simulated", "n": questions},
            "prompt": {"template": "zero_shot_cot"},
            "engine": {"kind": "simulated", "steps": 4, "p": 0.93, "r": 0.05, "words": 14, "common": 0.6},
            "search": {"method": "sample", "n": 4},
            "supervision": {"method": "bayes_bisection"},
        }
    )


def spoilt(row: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return a row with what happens in real runs: failures, texts cut off or unreadable, roles, levels."""
    row = {**row, "source": random.choice(SOURCES), "metadata": {"level": str(random.randint(1, 5))}}
    if random.random() < 0.02:
        stage, kind, message = random.choices(FAILURES, weights=(8, 5, 3, 2, 2, 1))[0]
        failure = {"stage": stage, "type": kind, "message": message.format(n=random.randint(4097, 9999)), "attempts": 3}
        return {**row, "status": "failed", "failure": failure, "solutions": [], "tree": []}
    for solution in row["solutions"]:
        drawn = random.random()
        if drawn < 0.03:
            solution |= {"finish_reason": "length", "verdict": "unparsable", "first_error": None, "final_answer": None}
        elif drawn < 0.06:
            reason = random.choice(REASONS)
            solution |= {"verdict": "unparsable", "verdict_reason": reason, "first_error": None, "final_answer": None}
    tokens = row["cost"]["completion_tokens"]
    price = {"role": "policy", "engine": "simulated", "model": "simulated-7b", "revision": None, "cached_tokens": 0}
    calls = {"calls": row["cost"]["policy_calls"], "prompt_tokens": 4 * tokens, "completion_tokens": tokens}
    judge = {**price, "role": "judge", "model": "judge-32b", "calls": 1, "prompt_tokens": 600, "completion_tokens": 80}
    roles = [{**price, **calls, "money": 1e-7 * tokens}, {**judge, "money": 2e-4}]
    money = sum(role["money"] for role in roles)
    row["cost"] = {**row["cost"], "seconds": random.lognormvariate(3, 0.8), "roles": roles, "money": money}
    return row


@dataclass
class Again:
    """The same records under other ids: one object's worth at a time."""

    batch: pa.RecordBatch
    footer: Footer

    def data(self, number: int, unit_id: str, of: int) -> bytes:
        """Return the bytes of object `number` of so many."""
        rows = self.batch.num_rows
        ids = [hashlib.sha256(f"{number} {row}".encode()).hexdigest()[:16] for row in range(rows)]
        # Over two days, at first slowly; every object holds some of each hour.
        times = [START + timedelta(hours=48) * ((row + number / of) / rows) ** 0.8 for row in range(rows)]
        columns = {
            "question_id": pa.array(ids),
            "unit_id": pa.array([unit_id] * rows),
            "created_at": pa.array(times, pa.timestamp("ms", tz="UTC")),
        }
        schema = self.batch.schema
        arrays = [columns.get(name, self.batch.column(name)) for name in schema.names]
        return encode(pa.RecordBatch.from_arrays(arrays, schema=schema), self.footer)


def originals(settings: Settings) -> list[Again]:
    """Return the objects' worths of records that are written again and again."""
    # Ray is imported there; whoever only wants the settings need not wait.
    from tools.bench.writer import simulated_rows

    random = Random(0)
    rows = [spoilt(row, random) for row in simulated_rows(settings, DISTINCT)]
    made = []
    for start in range(0, DISTINCT, PER_OBJECT):
        part = rows[start : start + PER_OBJECT]
        batch = to_batch(part)
        made.append(Again(batch, footer_for(batch, tally(part), settings.effort)))
    return made


def fill(folder: str, questions: int) -> int:
    """Fill an empty folder with so many questions, a multiple of `PER_OBJECT`; return the number of objects."""
    # Phase 1: config, survey and plan, as a run writes them when it has read its source.
    settings = settings_for(folder, questions)
    store = open_store(folder)
    run_folder.bind(settings, store)
    made = plan(settings, store, lambda asked: {})
    run_folder.keep_survey(store, made.survey)
    keep(store, made)
    # Phase 2: the objects. Encoding one takes far longer than writing it, so most are copies of earlier ones.
    again, receipts = originals(settings), ReceiptLog(store, attempt=1)
    encoded: list[bytes] = []
    for number in range(made.units):
        unit_id = f"{int(made.kept.ids[number]):016x}"
        one = again[number % len(again)]
        if number < ENCODED:
            encoded.append(one.data(number, unit_id, min(made.units, ENCODED)))
        data = encoded[number % len(encoded)]
        create(store, shard_name(unit_id), data)
        receipts.add(
            Receipt(
                unit_id=unit_id,
                name="",
                n_bytes=len(data),
                tally=one.footer.tally,
                created=True,
                content=one.footer.content,
                effort=one.footer.effort,
            )
        )
        if number % 20 == 0:
            print(f"{number:,} of {made.units:,} objects", file=sys.stderr, flush=True)
    receipts.flush()
    return made.units


def main(argv: Sequence[str] | None = None) -> int:
    """Make the folder."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.large_run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", help="an empty folder")
    parser.add_argument("--questions", type=int, default=1_000_000)
    given = parser.parse_args(argv)
    units = fill(given.folder, given.questions)
    print(f"{given.questions:,} questions in {units:,} objects: {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
