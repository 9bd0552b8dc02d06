"""Run folder that has something of everything a viewer shows, made without a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from support.records import a_node, a_record, a_solution

from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import commit
from factory.types import content_id

NAMES = ("Kurt", "Hana", "Uma", "Olga", "Tess", "Ivan", "Maya", "Ravi")
LEVELS = ("multiply_add", "divide_rest", "two_parts")
# Texts that try to do something where they are shown.
HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x00 nul",
    "right \u202eot tfel\u202c \u2066isolated\u2069 \u200bzero",
    "{{7*7}} ${7*7} </textarea></script>&lt;b&gt; \u2028 line",
)


def an_opinion(source: str, first_error: int, grade: int = 3) -> dict[str, Any]:
    """Return an opinion of a model as a record has it."""
    return {"source": source, "first_error": first_error, "grade": grade, "model": "tiny-critic", "revision": None}


def a_critique(role: str, text: str, step: int) -> dict[str, Any]:
    """Return a critique of a solution as a record has it."""
    said = {"text": text, "right": step < 0, "role": role, "model": "tiny-critic", "revision": None}
    return {**said, "first_error": step, "reasoning": None, "tokens": 40}


def a_problem(number: int) -> dict[str, Any]:
    """Return the record of a word problem with four solutions, and the tree that their labels rest on."""
    name, a, b, c = NAMES[number % 8], 3 + number % 6, 4 + number % 5, 1 + number % 7
    begin, good, bad = (
        f"{name} starts with {a} bags.",
        f"Each bag has {b} flowers: {a} * {b} = {a * b}.",
        f"Each bag has {b} flowers: {a} * {b} = {a * b - 6}.",
    )
    gold = a * b + c
    end = f"{name} picks up {c} more: {a * b} + {c} = {gold}."
    end_bad = f"{name} picks up {c} more: {a * b - 6} + {c} = {gold - 6}."
    right_times = 1 + number % 7
    right = a_solution(
        [(begin, 1), (good, 1), (end, 1), (f"The answer is {gold}.", 1)],
        final_answer=str(gold),
        verdict_reason="same text",
        occurrences=right_times,
    )
    wrong = a_solution(
        [(begin, 1), (bad, -1), (end_bad, -1), (f"The answer is {gold - 6}.", -1)],
        "incorrect",
        final_answer=str(gold - 6),
        verdict_reason="exact values compared",
        occurrences=2,
        opinions=[an_opinion("critic", 1), an_opinion("prm", 2), {**an_opinion("equations", 1, 9), "model": None}],
        critiques=[a_critique("critic", f"{a} * {b} is not {a * b - 6}.\nFirst error: step 2", 1)],
    )
    for step, (n, k) in zip(wrong["steps"], [(12, 9), (11, 2), (1, 0), (1, 0)], strict=True):
        step |= {"n_trials": n, "n_successes": k, "confidence": 0.75 + (number % 5) / 20}
    lost = a_solution([(begin, None), ("Then I am lost", None)], "unparsable", final_answer=None, occurrences=1)
    cut = a_solution([(begin, 1), (good, 1)], "unparsable", final_answer=None, finish_reason="length", occurrences=1)
    tree = [
        {**a_node(0, None, "", 10 / 13), "trials": 13, "successes": 10},
        {**a_node(1, 0, f"{begin}\n", 9 / 12), "trials": 12, "successes": 9},
        {**a_node(2, 1, f"{good}\n", 7 / 8), "trials": 8, "successes": 7},
        {**a_node(3, 1, f"{bad}\n", 2 / 11), "trials": 11, "successes": 2},
        {**a_node(4, 2, f"{end}\n", 1.0, action="rephrase"), "trials": 5, "successes": 5},
        a_node(5, 4, f"The answer is {gold}.", 1.0, terminal=True, answer=str(gold), verdict="correct"),
        {**a_node(6, 3, f"{end_bad}\n", 0.0), "trials": 1, "successes": 0},
        a_node(7, 6, f"The answer is {gold - 6}.", 0.0, terminal=True, answer=str(gold - 6), verdict="incorrect"),
    ]
    solutions = [right, wrong, *([lost] if number % 3 == 0 else []), *([cut] if number % 5 == 0 else [])]
    asked = f"{name} picks up {c} more. How many flowers are there? ({number})"
    question = f"{name} has {a} bags. Each bag has {b} flowers. {asked}"
    record = a_record(question, solutions, gold_answer=str(gold), tree=tree, metadata=[("level", LEVELS[number % 3])])
    record["cost"] = {**record["cost"], "policy_calls": 20 + number, "label_calls": 9, "seconds": 2.0 + number % 50}
    return record


def special_records() -> list[dict[str, Any]]:
    """Return records of questions that failed, are flawed, contradicted, hostile, huge, and of an early schema."""
    flawed = a_solution([("2 + 2 = 5.", -1), ("Minus one. The answer is 4.", -1)], final_answer="4", flawed=True)
    contradicted = a_solution([("One.", None), ("Two.", None)], "incorrect", final_answer="9", contradicted=True)
    hostile = a_solution(
        [(text, (-1) ** place) for place, text in enumerate(HOSTILE)], "incorrect", final_answer=HOSTILE[0]
    )
    hostile |= {"opinions": [an_opinion(HOSTILE[1], 1)], "critiques": [a_critique(HOSTILE[2], HOSTILE[3], 1)]}
    nodes = [
        a_node(0, None, "", 0.5),
        *(a_node(place + 1, 0, text, 0.25, action=text) for place, text in enumerate(HOSTILE)),
    ]
    failures = [("EngineFailed", 3), ("PromptTooLong", 2), ("CheckerFailed", 1)]
    failed = [
        a_record(
            f"{kind} {n}?",
            [],
            status="failed",
            failure={"stage": "generate", "type": kind, "message": HOSTILE[n % 4], "attempts": 3},
        )
        for kind, times in failures
        for n in range(times)
    ]
    early = a_record("An early one: 1 + 1?", [a_solution([("2", 1)], final_answer="2")], schema_version="2")
    for solution in early["solutions"]:
        solution |= dict.fromkeys(("role", "independent", "opinions", "flawed", "critiques", "selected", "probes"))
    return [
        a_record("Is 2 + 2 = 4?", [flawed, *a_problem(1)["solutions"][:1]], gold_answer="4"),
        a_record("What fits nothing?", [contradicted], gold_answer="8"),
        a_record(
            f"Hostile {' '.join(HOSTILE)}",
            [hostile],
            gold_answer=HOSTILE[0],
            tree=nodes,
            metadata=[("level", HOSTILE[0])],
        ),
        a_record(
            "A long line?", [a_solution([("x" * 1_000_000, 1)], final_answer="x")], source="a \"quoted\" 'name'.jsonl"
        ),
        a_record("Nothing was sampled?", []),
        early,
        *failed,
    ]


def write_run(folder: Path, problems: int = 60, per_object: int = 20) -> list[dict[str, Any]]:
    """Write the records to a run folder, and return them in the order of its objects."""
    records = sorted([*map(a_problem, range(problems)), *special_records()], key=lambda one: str(one["question_id"]))
    for start in range(0, len(records), per_object):
        write_object(folder, records[start : start + per_object])
    return records


def with_an_id(record: dict[str, Any], question_id: bytes) -> pa.Table:
    """Return the table of a record whose id has some bytes, which need be no UTF-8."""
    table = pa.Table.from_batches([to_batch([record])])
    place = table.schema.get_field_index("question_id")
    return table.set_column(place, "question_id", pa.array([question_id]).view(pa.string()))


def write_object(folder: Path, records: list[dict[str, Any]], *, revision: int = 0) -> str:
    """Commit records as one object, and return its name."""
    unit = content_id(str(records[0]["question_id"]))
    return commit(str(folder), unit, to_batch(records), tally(records), revision=revision).name
