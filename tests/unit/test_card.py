"""The dataset card of an exported folder."""

from __future__ import annotations

import json

import pytest
from cards_for_tests import exported
from huggingface_hub import DatasetCard
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from factory.errors import BadInput
from factory.prompting import load_prompt
from pipelines.card import PLOT, settled_card, write_card
from pipelines.markdown import code, fenced, table

MARKDOWN = MarkdownIt("commonmark").enable("table")
HOSTILE = "```\n# Mine\n<script>x</script> | [a](http://b)\n---\nlicense: mit\n\x1b[2J\u202e"
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("`|\n\\<>#")).filter(str.strip)


@pytest.fixture
def out(tmp_path):
    return exported(tmp_path / "out")


def test_the_metadata_tell_configs_sizes_and_licence(out):
    data = DatasetCard.load(write_card(out)).data
    assert [config["config_name"] for config in data.configs] == ["prm"]  # one reader for all: JSON lines are left out
    assert data.configs[0]["data_files"] == [
        {"split": "train", "path": "data/prm/train-*-of-00002.parquet"},
        {"split": "test", "path": "data/prm/test-00000-of-00001.parquet"},
    ]
    assert [split["num_examples"] for split in data.dataset_info[0]["splits"]] == [10, 5]
    assert (data.license, data.language, data.size_categories) == ("apache-2.0", ["en"], ["n<1K"])
    assert data.task_categories == ["token-classification"]


def test_the_text_tells_how_the_data_were_made(out):
    text = write_card(out).read_text()
    for fact in (
        "arXiv 2406.06592",
        "`ec5b553e735399a9`",
        "`b59ffcb2b699091e`",
        "3 `right`, 2 `wrong`",
        "| `duplicate` | 1 |",
        "factory export runs/a OUT --format prm --format prm800k",
        "load_dataset(REPO_ID, data_dir='data/prm800k')",
        "were not compared with any benchmark",
    ):
        assert fact in text


def test_the_same_export_has_the_same_card(out, tmp_path):
    assert write_card(out).read_bytes() == write_card(exported(tmp_path / "again")).read_bytes()


def test_a_packaged_prompt_is_shown_whole(tmp_path):
    template = load_prompt("zero_shot_cot", "chat")
    out = exported(tmp_path / "out", prompts=[{"id": template.id, "template": template.name}])
    assert fenced(template.text) in write_card(out).read_text()


def test_what_decontamination_found_is_told(out):
    (out / "decontamination.json").write_text(json.dumps({"checked": 7, "dropped": {"exact": 2}, "findings": [{}]}))
    text = write_card(out).read_text()
    assert "| `checked` | 7 |" in text
    assert "| `dropped exact` | 2 |" in text


def test_the_picture_of_a_self_training_run_comes_along(tmp_path):
    (tmp_path / "star" / "round_1" / "rollouts").mkdir(parents=True)
    (tmp_path / "star" / PLOT).write_bytes(b"\x89PNG\r\n\x1a\n...")
    out = exported(tmp_path / "out")
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["runs"][0]["url"] = str(tmp_path / "star" / "round_1" / "rollouts")
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert f"]({PLOT})" in write_card(out).read_text()
    assert (out / PLOT).is_file()


@pytest.mark.parametrize(
    ("facts", "asked", "licence"),
    [
        ({}, None, "apache-2.0"),
        ({}, "CC-BY-4.0", "cc-by-4.0"),
        ({"licences": {"MIT": 5}}, "mit", "mit"),
        ({"licences": {}}, "My own terms", "other"),
    ],
)
def test_the_licence_is_what_all_agree_on_or_what_is_said(tmp_path, facts, asked, licence):
    data = DatasetCard.load(write_card(exported(tmp_path / "out", **facts), asked)).data
    assert data.license == licence
    assert data.get("license_name") == (asked if licence == "other" else None)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"licences": {"MIT": 5}}, "5 questions: MIT; model smollm2-135m: Apache-2.0"),
        ({"licences": {"Apache-2.0": 5, "": 1}}, "1 questions: not known"),
        ({"licences": {}}, "the questions: not known"),
        ({"models": [{"model": "org/else", "revision": "", "engine": ""}]}, "model org/else: not known"),
    ],
)
def test_a_licence_is_never_guessed(tmp_path, facts, told):
    out = exported(tmp_path / "out", **facts)
    with pytest.raises(BadInput, match=r"--licence NAME") as refused:
        write_card(out)
    assert told.lower() in str(refused.value).lower()
    assert not (out / "README.md").exists()


def test_a_card_that_was_edited_is_kept(out):
    card = write_card(out)
    card.write_text(card.read_text().replace("# Reasoning data", "# My title"))
    assert "# My title" in settled_card(out, "mit").read_text()
    assert DatasetCard.load(card).data.license == "mit"


def test_the_card_of_another_export_is_written_anew(out):
    write_card(out)
    exported(out, rows=7)
    assert "| 14 |" in settled_card(out).read_text()


def test_an_edited_card_without_a_licence_is_refused(out):
    card = write_card(out)
    card.write_text(card.read_text().replace("license: apache-2.0\n", ""))
    with pytest.raises(BadInput, match="names no licence"):
        settled_card(out)


def test_hostile_names_are_no_markup(tmp_path):
    facts = {
        "models": [{"model": HOSTILE, "revision": HOSTILE, "engine": HOSTILE, "licence": "apache-2.0"}],
        "prompts": [{"id": HOSTILE, "text": HOSTILE}],
        "labellers": [HOSTILE],
        "sources": [HOSTILE],
        "languages": [HOSTILE],
        "yields": {HOSTILE: HOSTILE},
    }
    card = DatasetCard.load(write_card(exported(tmp_path / "out", **facts)))
    assert card.data.license == "apache-2.0"
    tokens = MARKDOWN.parse(card.text)
    inner = [child.type for token in tokens for child in token.children or []]
    assert "link_open" not in inner
    assert "html_inline" not in inner
    assert not [token for token in tokens if token.type == "html_block" and "<!-- manifest" not in token.content]
    assert sum(token.type == "heading_open" and token.tag == "h1" for token in tokens) == 1


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
