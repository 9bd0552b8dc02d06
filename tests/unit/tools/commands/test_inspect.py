"""Views of a run folder, as `factory inspect` shows them."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from random import Random

import pytest
from rich.console import Console
from support.fakes import RIGHT, WRONG, policy_for
from support.searches.scripted import scripted_policy

from factory.drafting.scores import score_path
from factory.drafting.settled import choose, settle
from factory.drafting.steps import graft, plant
from factory.drafting.uct import backup
from factory.errors import BadInput
from factory.labelling.experience import Experience
from factory.records.record import Provenance, question_row, to_batch
from factory.records.tally import tally
from factory.rollouts.critique import Critique
from factory.shards import commits
from factory.supervision.omegaprm import Config, label
from factory.types import Question, Sampling
from tools.commands import inspect
from tools.commands.inspect import reasons, shortened, show_question, show_record, show_run

MADE_BY = Provenance(
    run_id="r",
    engine="scripted",
    model="m",
    model_revision="",
    prompt_id="p",
    checker="c",
    checker_policy="p",
    labeller="omegaprm",
    sampling=Sampling(),
)
HOSTILE = "\x1b[2J[red]s1[/red]"


@pytest.fixture
async def run_dir(tmp_path):
    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [f"{HOSTILE}\ns2\n{WRONG}", *[RIGHT] * (n - 1)]
        return [RIGHT if prefix.count("\n") < 2 else WRONG] * n

    for number in range(3):
        policy = policy_for(reply, Question(text=f"What is 2 + 2? ({number})", gold="4"))
        labels = await label(policy.tree, policy, Config(k=8, searches=1), Random(0), Experience())
        row = question_row(policy.tree, labels, policy.cost, MADE_BY)
        commits.commit(tmp_path, f"u{number}", to_batch([row]), tally([row]))
    return tmp_path


def shown(call, *args, **kwargs) -> str:
    console = Console(file=StringIO(), width=160)
    call(*args, console, **kwargs)
    return console.file.getvalue()


def test_the_list_shows_every_question(run_dir):
    assert shown(show_run, run_dir).count("What is 2 + 2?") == 3


def test_a_question_is_shown_with_its_first_error_marked(run_dir):
    record = next(commits.read_rows(run_dir))
    text = shown(show_question, run_dir, record["question_id"][:8], solutions=5, only_wrong=False)
    assert "s2   ← first error" in text
    assert "8/8" in text


def test_hostile_model_text_is_neither_markup_nor_escape(run_dir):
    record = next(commits.read_rows(run_dir))
    text = shown(show_question, run_dir, record["question_id"], solutions=5, only_wrong=False)
    assert "\\x1b[2J[red]s1[/red]" in text
    assert "\x1b" not in text


def test_a_whole_id_is_one_although_others_begin_with_it(run_dir, monkeypatch):
    record = next(commits.read_rows(run_dir))
    others = [record | {"question_id": name} for name in ("10", "1", "1@b.jsonl")]
    monkeypatch.setattr(
        inspect, "find", lambda run, name: [one for one in others if one["question_id"].startswith(name)]
    )
    text = shown(show_question, run_dir, "1", solutions=5, only_wrong=False)
    assert text.count("question 1 ") == 1
    others[1]["question_id"] = "11"
    with pytest.raises(BadInput, match="begins the ids of 3 questions"):
        shown(show_question, run_dir, "1", solutions=5, only_wrong=False)


def test_an_unknown_question_is_refused(run_dir):
    with pytest.raises(BadInput, match="no question"):
        shown(show_question, run_dir, "ffffffffffffffff", solutions=5, only_wrong=False)


def test_a_solution_shows_what_its_checker_said_of_its_parts():
    parts = [
        {"outcome": "correct", "end": None, "note": ""},
        {"outcome": "incorrect", "end": None, "note": "got \x1b3"},
    ]
    reasons_of = {"verdict_parts": parts, "verdict_reason": "1 of 2 tests passed"}
    assert reasons(reasons_of) == ["1 of 2 tests passed", "2: incorrect, got \\x1b3"]


def test_a_record_of_the_first_schema_has_no_parts_to_show():
    assert reasons({"verdict_reason": "exact values compared"}) == []


def test_a_long_answer_is_shown_by_how_it_begins():
    assert shortened("def f():\n    return 1") == "def f(): return 1"
    assert len(shortened("x" * 500)) == 80


async def test_a_search_is_shown_with_its_actions_visits_scores_and_choice():
    policy = scripted_policy({}, {"s1": 0.25})
    first = graft(policy.tree, policy.tree.root, f"{HOSTILE}\n", action="A3\x1b")
    wrong, right = plant(policy, WRONG, action="A2", node=first), plant(policy, RIGHT, action="A2", node=first)
    await score_path(policy, first, "prm")
    backup(wrong, 0.0)
    backup(right, 1.0)
    one, other = await settle(policy, [wrong, right], method="rstar")
    other.revises, other.critique, other.role = one, "Add \x1b[2Jagain.", "helpful"
    one.critiques = tuple(Critique(text=f"\x1b {right}", right=right, role="policy") for right in (False, None))
    one.critiques += (Critique(text="Hm.", right=False, role="policy", first_error=1),)
    choose(policy.tree, other, 0.75)
    row = to_batch([question_row(policy.tree, {}, policy.cost, replace(MADE_BY, roles={}))]).to_pylist()[0]
    text = shown(show_record, row, solutions=5, only_wrong=False)
    assert "A3\\x1b visits 2 mean 0.5 score 0.25" in text
    assert "A2 visits 1 mean 1 → 4 correct" in text
    assert "selected, score 0.75, written by helpful, rstar, no independent sample, revises " in text
    assert "critique: Add \\x1b[2Jagain." in text
    assert "policy says wrong: \\x1b False" in text
    assert "policy says nothing that can be read: \\x1b None" in text
    assert "policy says wrong, from step 2 on: Hm." in text
    assert "\x1b" not in text


EVIL = "\x1b]0;t\x07\u202egnp\u2066\x00\ud800 <script>[b]" + "y" * 1_000_000 + "\r\x85next"


def everywhere(value, said):
    """`value` with every text in it replaced by `said`, but for the few words that decide what is shown."""
    if isinstance(value, str):
        return value if value in ("correct", "incorrect", "policy", "root", "step", "stop") else said
    if isinstance(value, dict):
        return {name: everywhere(item, said) for name, item in value.items()}
    return [everywhere(item, said) for item in value] if isinstance(value, list | tuple) else value


def test_no_text_of_a_record_wherever_it_stands_can_steer_the_terminal(run_dir):
    record = everywhere(next(commits.read_rows(run_dir)), EVIL)
    record["failure"] = dict.fromkeys(("stage", "type", "message"), EVIL)
    said = shown(show_record, record, solutions=2, only_wrong=False)
    assert said.replace("\n", "").replace("\t", "").isprintable()
    assert "\\x1b]0;t\\x07\\u202egnp" in said


def test_damage_in_one_object_hides_no_question_of_another(run_dir):
    records = list(commits.read_rows(run_dir))
    path = run_dir / "data/part-u0.parquet"
    path.write_bytes(b"PAR1" + b"\x5a" * 64 + path.read_bytes()[68:])
    assert "What is 2 + 2? (1)" in shown(
        show_question, run_dir, records[1]["question_id"], solutions=5, only_wrong=False
    )
    with pytest.raises(BadInput, match=r"data/part-u0\.parquet in .* cannot be read"):
        shown(show_question, run_dir, records[0]["question_id"], solutions=5, only_wrong=False)
    with pytest.raises(BadInput, match=r"data/part-u0\.parquet in .* cannot be read"):
        shown(show_run, run_dir)
