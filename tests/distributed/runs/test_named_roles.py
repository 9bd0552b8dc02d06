"""Runs with several models: each role is asked what is its own, and the records say who it was and what it cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.runs import finished, rows_of, run, settings_for
from support.validation import faults

from factory.errors import FactoryError
from factory.storage.opening import open_store
from pipelines.export.export import ExportOptions, export
from pipelines.watching.label_status import status_lines
from pipelines.run.settings import Settings

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
CHAIN = "First this.\nThen that.\nThe answer is 1."
YES, NO = "Reason: it is\nVerdict: correct", "Reason: it is not\nVerdict: incorrect"
ROLES = ["policy", "judge", "strong"]
MODELS = {
    "judge": {"model": "j", "engine": {"kind": "scripted", "solutions": {"The answer is 2.": [YES]}, "fallback": [NO]}},
    "strong": {"model": "s", "engine": {"kind": "scripted", "fallback": ["First this.\nSo it is 2. The answer is 2."]}},
}


def three_roles(folder: Path, k: int = 2, n: int = 2, **models: Any) -> Settings:
    """Return a run whose policy is always wrong, with another model as its judge and a third one as the completer."""
    return settings_for(
        folder,
        checker={"kind": "llm_judge", "judge_role": "judge"},
        engine={"kind": "scripted", "fallback": [CHAIN]},
        models={**MODELS, **models},
        search={"n": n},
        source={"kind": "simulated", "n": 4},
        supervision={"method": "math_shepherd", "k": k, "completer": "strong", "confidence": 0.0},
    )


def test_judge_and_completer_are_models_of_their_own(tmp_path: Path) -> None:
    settings = three_roles(tmp_path / "run")
    for row in finished(settings):
        calls = {entry["role"]: entry["calls"] for entry in row["cost"]["roles"]}
        assert calls == {"policy": 2, "judge": row["cost"]["judge_calls"], "strong": 4}
        sampled, *completed = row["solutions"]
        # The completer finds its way from behind the first step, as it begins like that; from the second it does not.
        assert {one["verdict"] for one in completed} == {"correct", "incorrect"}
        assert (sampled["verdict"], sampled["first_error"], sampled["completer"]) == ("incorrect", 1, "strong")
    said = "\n".join(status_lines(settings, open_store(tmp_path / "run")))
    assert "  policy       8 calls" in said
    assert "  strong       16 calls" in said
    stats = json.loads((tmp_path / "run/stats.json").read_text())
    assert [entry["role"] for entry in stats["roles"]] == ROLES
    assert faults(tmp_path / "run") == []
    export([str(tmp_path / "run")], str(tmp_path / "out"), ExportOptions(formats=("prm",)))
    facts = json.loads((tmp_path / "out/manifest.json").read_text())["facts"]
    assert {entry["role"]: entry["engine"] for entry in facts["roles"]} == dict.fromkeys(ROLES, "scripted")


def test_a_role_that_fails_is_named_in_the_record(tmp_path: Path) -> None:
    short = {"model": "j", "engine": {"kind": "scripted", "max_model_len": 10}}
    settings = three_roles(tmp_path / "run", judge=short)
    with pytest.raises(FactoryError, match="all of the first 4 questions failed: PromptTooLong: judge: prompt of"):
        run(settings)
    rows = rows_of(settings)
    assert {row["status"] for row in rows} == {"failed"}
    assert {row["failure"]["stage"] for row in rows} == {"generate by judge"}
    assert all(row["failure"]["message"].startswith("judge: ") for row in rows)
