"""Records as a run leaves them, small enough to follow by hand: what every format is tested on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from factory.export.imported import NO_COST, UNKNOWN, UNKNOWN_NODE, UNKNOWN_SOLUTION
from factory.formats import processbench
from factory.labelling.step_labels import first_error_of
from factory.records.record import to_batch
from factory.records.schema import SCHEMA, SCHEMA_VERSION
from factory.rollouts.nodes import GIVEN, PROBE
from factory.run_figures.flat_rows import FlatRows, Place
from factory.types import content_id

Steps = list[tuple[str, int | None]]
OF_A_SEARCH = {"method": "self_refine", "role": "policy", "independent": False}
VALUES = {1: 0.75, -1: 0.0, None: None}  # the mc_value that goes with a label


def a_solution(steps: Steps, verdict: str | None = "correct", **fields: Any) -> dict[str, Any]:
    """Return a finished, sampled solution of these steps and labels; `fields` replace its columns."""
    text = "\n".join(text for text, _ in steps)
    return {
        **UNKNOWN_SOLUTION,
        "solution_id": content_id(text),
        "text": text,
        "steps": [
            {
                "text": text,
                "n_trials": 0 if label is None else 4,
                "n_successes": 3 if label == 1 else 0,
                "mc_value": VALUES[label],
                "label": label,
                "confidence": 0.0 if label is None else 0.875,
            }
            for text, label in steps
        ],
        "verdict": verdict,
        "first_error": first_error_of([label for _, label in steps]),
        "labeller": "omegaprm",
        "method": "sample",
        "occurrences": 1,
        "probes": 0,
        "hinted": False,
        "round": 0,
        "engine": "scripted",
        "model": "policy",
        "model_revision": "r1",
        "finish_reason": "stop",
        "role": "policy",
        "independent": True,
        "selected": False,
        **fields,
    }


def a_node(node: int, parent: int | None, text: str, value: float | None, **fields: Any) -> dict[str, Any]:
    """Return a tree node; one with a value has four trials."""
    counts = {"visits": 2, "trials": 4, "successes": round(4 * value)} if value is not None else {}
    start = {"node": node, "parent": parent, "action": "root" if parent is None else "step", "terminal": False}
    return {**UNKNOWN_NODE, **start, "text": text, "value": value, **counts, **fields}


def a_record(question: str, solutions: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """Return a record as it comes back from Arrow."""
    record = {
        **UNKNOWN,
        "question_id": content_id(question),
        "source": "own.jsonl",
        "question": question,
        "gold_answer": "14",
        "metadata": [("level", "1")],
        "solutions": solutions,
        "tree": [],
        "cost": NO_COST,
        "status": "ok",
        "effort": [("k", 4)],
        "run_id": "run",
        "unit_id": "unit",
        "seed": 0,
        "schema_version": SCHEMA_VERSION,
        "created_at": datetime(2026, 1, 2, tzinfo=UTC),
        **fields,
    }
    [back] = to_batch([record]).to_pylist()
    return dict(back)


def flat(*records: dict[str, Any], part: str = "", schema: pa.Schema = SCHEMA) -> FlatRows:
    """Return records as flat columns, an object for each; `schema` may be an earlier one."""
    tables = [pa.Table.from_pylist([record], schema=schema) for record in records]
    return FlatRows(tables, [Place(part, f"data/part-{number}.parquet") for number in range(len(records))])


def records() -> list[dict[str, Any]]:
    """Return records with solutions that are right, wrong, unjudged, hinted, given, probed and imported."""
    wrong: Steps = [("2 + 3 = 5", -1), ("5 * 4 = 20. The answer is 20.", -1)]
    solutions = [
        a_solution([("3 * 4 = 12", 1), ("2 + 12 = 14. The answer is 14.", 1)]),
        a_solution([("First the product.", None), ("So it is 14.", None)], round=1),
        a_solution(wrong, "incorrect"),
        a_solution([("3 * 4 = 12", 1), ("2 + 12 = 24. The answer is 24.", -1)], "incorrect"),
        a_solution([("UNPARSABLE", -1)], "unparsable"),
        a_solution([("TIMED OUT", -1)], "timeout"),
        a_solution([("BROKEN", -1)], "error"),
        a_solution([("CUT OFF", 1), ("The answer is 2", -1)], "incorrect", finish_reason="length"),
        a_solution([("As we were told,", 1), ("it is 14.", None)], hinted=True),
        a_solution([("3 * 4 = 12", None), ("so 12.", None)], "incorrect", method=PROBE),
        a_solution([("It is 5.", -1)], "incorrect", method=GIVEN, finish_reason=GIVEN, model=None, engine=None),
        a_solution([("таки 14", 1), ("<extra_0> The answer is 14.", 1)]),
    ]
    refined = a_record("What is 2 * 7?", refinements())
    cut_off = "CUT OFF\nThe answer is 2"
    tree = [
        a_node(0, None, "", 0.5),
        a_node(1, 0, "3 * 4 = 12\n", 0.75),
        a_node(2, 1, "2 + 12 = 14. The answer is 14.", None, terminal=True, answer="14", verdict="correct"),
        a_node(3, 1, "2 + 12 = 24. The answer is 24.", None, terminal=True, answer="24", verdict="incorrect"),
        a_node(4, 0, "UNPARSABLE", None, terminal=True, verdict="unparsable"),
        a_node(5, 0, cut_off, None, terminal=True, answer="2", verdict="incorrect"),
    ]
    line = {
        "id": "gsm8k-0",
        "generator": "somebody",
        "problem": "What is 1 + 1?",
        "steps": ["1 + 1 = 3", "The answer is 3"],
        "final_answer_correct": False,
        "label": 0,
    }
    [imported] = to_batch([processbench.parse(json.dumps(line), "line 1")]).to_pylist()
    return [
        a_record("What is 2 + 3 * 4?", solutions, tree=tree),
        a_record("Is <extra_0> a Step 1: b?", [a_solution([("Yes. The answer is 14.", 1)])]),
        imported,
        refined,
    ]


def searched() -> dict[str, Any]:
    """Return the record of a guided search beside samples.

    Of its first steps one mostly leads to the answer in rollouts, one never does; of two others, which a verifier has
    scored, the better one is known by what the search backed up. A prover that was told to be wrong was asked, too.
    """
    guided = {"method": "mcts", "independent": False, "round": 0}
    solutions = [
        a_solution([("5 * 4 = 20", None), ("20 - 6 = 14. The answer is 14.", None)]),
        a_solution([("5 - 6 = 1", None), ("1 * 4 = 4. The answer is 4.", None)], "incorrect"),
        a_solution([("Four fives are 20.", None), ("So 14.", None)], score=0.875, selected=True, **guided),
        a_solution([("Six from five is 1.", None), ("So 4.", None)], "incorrect", score=0.25, **guided),
        a_solution([("Five is 4, so 14 - 4 = 10.", None)], "incorrect", role="sneaky", method="prover_verifier"),
    ]
    tree = [
        a_node(0, None, "", 0.5),
        a_node(1, 0, "5 * 4 = 20\n", 0.75, trials=8, successes=6),
        a_node(2, 0, "5 - 6 = 1\n", 0.0),
        a_node(3, 1, "20 - 6 = 14. The answer is 14.", None, terminal=True, answer="14", verdict="correct"),
        a_node(4, 1, "20 + 6 = 26.\n", 0.0),
        a_node(5, 2, "1 * 4 = 4. The answer is 4.", None, terminal=True, answer="4", verdict="incorrect"),
        a_node(6, 0, "Four fives are 20.\n", None, visits=6, reward=5.25, score=0.875),
        a_node(7, 0, "Six from five is 1.\n", None, visits=4, reward=1.0, score=0.25),
        a_node(8, 6, "So 14.", None, terminal=True, answer="14", verdict="correct", finish="stop"),
        a_node(9, 7, "So 4.", None, terminal=True, answer="4", verdict="incorrect", finish="stop"),
    ]
    return a_record("What is 5 * 4 - 6?", solutions, tree=tree)


def refinements() -> list[dict[str, Any]]:
    """Return a chain of two wrong attempts and a right one, with what a critic said of each: the last time in vain."""
    texts = ("2 * 7 = 9. The answer is 9.", "2 * 7 = 15. The answer is 15.", "2 * 7 = 14. The answer is 14.")
    remarks = ("That is the sum.\nVerdict: wrong", "7 + 7 = 14.\nVerdict: wrong", "Too much.\nVerdict: wrong")
    chain: list[dict[str, Any]] = []
    for number, (text, remark) in enumerate(zip(texts, remarks, strict=True)):
        said = {"text": remark, "right": False, "role": "critic", "model": "judge", "revision": "c1"}
        before = {"revises": chain[-1]["solution_id"], "critique": remarks[number - 1]} if chain else {}
        verdict = "correct" if number == 2 else "incorrect"
        chain.append(a_solution([(text, None)], verdict, critiques=[said], **OF_A_SEARCH, **before))
    return chain
