"""Text of others in a card: it stands as it is, never as markup."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import DatasetCard
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from support.exports.cards import exported

from factory.records.role_costs import AMOUNTS, WHO
from factory.text.markdown import code, fenced, table
from pipelines.dataset_card.card import write_card

MARKDOWN = MarkdownIt("commonmark").enable("table")
HOSTILE = "```\n# Mine\n<script>x</script> | [a](http://b)\n---\nlicense: mit\n\x1b[2J\u202e"
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("`|\n\\<>#")).filter(str.strip)


def test_hostile_names_are_no_markup(tmp_path):
    facts = {
        "models": [{"model": HOSTILE, "revision": HOSTILE, "engine": HOSTILE}],
        "prompts": [{"id": HOSTILE, "text": HOSTILE}],
        "labellers": [HOSTILE],
        "sources": [HOSTILE],
        "yields": {HOSTILE: HOSTILE},
        "roles": [{**dict.fromkeys(WHO, HOSTILE), **dict.fromkeys(AMOUNTS, 1)}],
    }
    card = DatasetCard.load(write_card(exported(tmp_path / "out", **facts), "apache-2.0"))
    assert card.data.license == "apache-2.0"
    tokens = MARKDOWN.parse(card.text)
    inner = [child.type for token in tokens for child in token.children or []]
    assert "link_open" not in inner
    assert "html_inline" not in inner
    assert not [token for token in tokens if token.type == "html_block" and "<!-- manifest" not in token.content]
    assert sum(token.type == "heading_open" and token.tag == "h1" for token in tokens) == 1


def test_the_models_behind_other_roles_are_named_with_what_they_cost(tmp_path):
    policy = {**dict.fromkeys(WHO, ""), **dict.fromkeys(AMOUNTS, 0), "role": "policy", "engine": "scripted"}
    judge = {**policy, "role": "judge", "model": "big", "revision": "r7", "calls": 1200, "money": 0.5}
    said, alone = (
        Path(write_card(exported(tmp_path / name, roles=roles), "apache-2.0")).read_text()
        for name, roles in (("both", [policy, judge]), ("alone", [policy]))
    )
    assert "| `judge` | `scripted` | `big` | `r7` | 1,200 | 0 | 0 | 0.5000 |" in said
    assert "by role" not in alone


def test_what_the_runs_have_cost_is_said_per_accepted_solution(tmp_path):
    spent = {"gpu_hours": {"policy": 2.0, HOSTILE: 0.5}, "money": 5.0}
    said, none = (
        Path(write_card(exported(tmp_path / name, **facts), "apache-2.0")).read_text()
        for name, facts in (("spent", {"spent": spent, "accepted_solutions": 1000}), ("none", {}))
    )
    assert "2.50 GPU-hours (policy 2.00" in said
    assert "9.00 GPU-seconds, 0.0050 in money per accepted solution" in said
    assert "<script>" not in MARKDOWN.render(said)
    assert "cost" not in none


@given(TEXT)
@example(HOSTILE)
@example("~~~\n```")
def test_a_fence_is_not_closed_from_within(text):
    tokens = MARKDOWN.parse(fenced(text))
    assert [token.type for token in tokens] == ["fence"]


@given(TEXT)
@example("`` ` ``")
@example("a|b")
def test_inline_code_stays_one_cell(text):
    tokens = MARKDOWN.parse(table(["head"], [[code(text)]]))
    cell = [token for token in tokens if token.type == "inline"][1]
    assert [child.type for child in cell.children] in (["code_inline"], [])
