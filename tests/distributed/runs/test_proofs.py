"""Proof runs: from statements to checked proofs with labelled tactics, and to the same proofs in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.runs import finished, settings_for
from support.checking.sandbox import needs_coq

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster"), needs_coq]
STATEMENT = "forall n : nat, n + 0 = n"
RIGHT = "Proof.\ninduction n as [| n IH].\nreflexivity.\nsimpl. rewrite IH. reflexivity.\nQed."
WRONG = "Proof.\ninduction n as [| n IH].\nreflexivity.\nreflexivity.\nQed."
PROOFS = {"kind": "coq_proof", "recheck": False}
BY_CHECKER = {"method": "checked_steps"}


@pytest.fixture(scope="module")
def proved(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A run that tried a right and a wrong proof of one statement: its folder and its records."""
    folder = tmp_path_factory.mktemp("proofs")
    statements = folder / "statements.jsonl"
    statements.write_text(json.dumps({"statement": STATEMENT}) + "\n")
    settings = settings_for(
        folder / "proved",
        source={
            "kind": "jsonl", "path": str(statements), "question_column": "statement", "answer_column": "statement",
        },
        prompt={"template": "prove_coq"},
        sampling={"max_tokens": 500},
        search={"n": 8},
        engine={"kind": "scripted", "solutions": {STATEMENT: [RIGHT, WRONG]}},
        checker=PROOFS,
        supervision=BY_CHECKER,
    )  # fmt: skip
    return folder / "proved", finished(settings)


def test_the_first_failing_tactic_is_the_first_error(proved: tuple[Path, list[dict[str, Any]]]) -> None:
    [record] = proved[1]
    found = {solution["text"]: solution for solution in record["solutions"]}
    assert (found[RIGHT]["verdict"], found[RIGHT]["first_error"]) == ("correct", -1)
    assert (found[WRONG]["verdict"], found[WRONG]["first_error"]) == ("incorrect", 3)
    assert [step["label"] for step in found[WRONG]["steps"]] == [1, 1, 1, -1, None]
    assert found[WRONG]["verdict_parts"][-1]["outcome"] == "incorrect"
    assert record["cost"]["label_calls"] == 0


def test_a_checked_proof_is_written_out_in_words(proved: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    settings = settings_for(
        tmp_path / "explained",
        source={"kind": "run", "path": str(proved[0])},
        prompt={"template": "explain_tactic"},
        search={"method": "explain_proof"},
        engine={"kind": "scripted", "fallback": ["This follows from the assumption."]},
        checker=PROOFS,
        supervision=BY_CHECKER,
    )
    [record] = finished(settings)
    [written] = [found for found in record["solutions"] if found["method"] == "explain_proof"]
    words = [step["text"] for step in written["steps"]]
    assert words[:-1] == ["This follows from the assumption."] * 5
    assert "rewrite IH." in words[-1]
    assert (written["verdict"], written["engine"]) == ("correct", "scripted")
    assert [step["label"] for step in written["steps"]] == [1] * 6
