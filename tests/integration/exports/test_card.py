"""Dataset cards of exported folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard
from support.exports.cards import WHOLE, amend, exported, forget_exports
from support.exports.exports import committed, record, solution
from support.exports.hub_cards import card_faults

from factory.errors import BadInput
from factory.rollouts.prompting import load_prompt
from factory.text.markdown import fenced
from pipelines.dataset_card.card import PLOT, settled_card, write_card
from pipelines.dataset_card.licence import licence_of_model
from pipelines.dataset_card.public_manifest import last
from pipelines.export.export import ExportOptions, export
from pipelines.maintenance.import_labels import import_file

OWN = {"licence_name": "mine-1.0", "licence_link": "https://example.org/terms"}


@pytest.fixture
def out(tmp_path):
    return exported(tmp_path / "out")


def text_of(place):
    return Path(place).read_text(encoding="utf-8")


def data_of(place):
    assert not card_faults(text_of(place))
    return DatasetCard(text_of(place)).data


def edit(out, old="# Reasoning data", new="# My title"):
    card = out / "README.md"
    assert old in card.read_text()
    card.write_text(card.read_text().replace(old, new))


def test_the_metadata_tell_configs_sizes_and_licence(out):
    data = data_of(write_card(out))
    assert [config["config_name"] for config in data.configs] == ["prm"]  # one reader for all: JSON lines are left out
    assert data.configs[0]["data_files"] == [
        {"split": "train", "path": "data/prm/train-*-of-00003.parquet"},
        {"split": "test", "path": "data/prm/test-*-of-00003.parquet"},
    ]
    assert [split["num_examples"] for split in data.dataset_info[0]["splits"]] == [12, 8]
    assert (data.license, data.language, data.size_categories) == ("apache-2.0", None, ["n<1K"])
    assert data.task_categories == ["token-classification"]


def test_a_file_that_is_alone_is_named(tmp_path):
    data = data_of(write_card(exported(tmp_path / "out", shard_bytes=WHOLE)))
    assert data.configs[0]["data_files"][1]["path"] == "data/prm/test-00000-of-00001.parquet"


def test_the_text_tells_how_the_data_were_made(out):
    amend(out, facts={"hinted": {"true": 3}, "methods": {"sample": 20}})
    text = text_of(write_card(out))
    for fact in (
        "arXiv 2406.06592",
        "`ec5b553e735399a9`",
        "`policy`",
        "6 `false`, 18 `true`",
        "20 `sample`",
        "3 solutions were written knowing the gold answer",
        "factory export a mine --format prm --format prm800k",
        "load_dataset(REPO_ID, data_dir='data/prm800k')",
        "were not compared with any benchmark",
    ):
        assert fact in text


def test_the_same_export_from_elsewhere_has_the_same_card(out, tmp_path):
    forget_exports()
    again = exported(tmp_path / "again")
    assert json.loads((again / "manifest.json").read_text()) != json.loads((out / "manifest.json").read_text())
    assert text_of(write_card(out)) == text_of(write_card(again))


def test_private_places_are_not_shown(tmp_path):
    model = {"model": "/home/me/models/tuned", "revision": "1", "engine": "e"}
    out = exported(tmp_path / "out", models=[model], sources=["s3://secret/questions.jsonl"])
    text = text_of(write_card(out, "mit"))
    assert not [place for place in ("/home", "private", "secret") if place in text]
    assert "`tuned`" in text


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("/data/me/runs/prm/model", "prm/model"),
        ("runs/prm/model/", "prm/model"),
        ("s3://bucket/runs/prm/model", "prm/model"),
        ("s3://bucket/model", "model"),
        ("/home/me/model", "model"),
        ("~me/model", "model"),
        ("../model", "model"),
        ("/model", "model"),
        ("hf:org/model", "hf:org/model"),
        ("/models/tuned", "tuned"),
    ],
)
def test_a_model_that_we_trained_is_known_by_its_run_and_nobody_by_his_folder(place, shown):
    assert last(place) == shown


@pytest.mark.parametrize(
    ("methods", "creators", "synthetic"),
    [
        (["sample"], (["machine-generated"], ["machine-generated"]), True),
        (["sample", "given"], (["machine-generated"], None), False),
        (["sample", "imported"], (None, None), False),
    ],
)
def test_who_made_the_data_is_claimed_where_it_is_known(tmp_path, methods, creators, synthetic):
    out = exported(tmp_path / "out", methods=dict.fromkeys(methods, 1))
    data = data_of(write_card(out))
    assert ((data.annotations_creators, data.language_creators), "synthetic" in data.tags) == (creators, synthetic)


def test_of_imported_labels_the_source_is_named_and_nobody_claimed(tmp_path):
    line = {"input": "Q? Step 1: a ки", "label": "Q? Step 1: a +", "task": "GSM8K"}
    (tmp_path / "data.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n")
    import_file(str(tmp_path / "data.jsonl"), "math_shepherd", str(tmp_path / "run"))
    export([tmp_path / "run"], tmp_path / "out", ExportOptions(formats=("prm",)), processes=1)
    card = write_card(tmp_path / "out", "mit")
    data, text = data_of(card), text_of(card)
    assert (data.annotations_creators, data.language_creators, "synthetic" in data.tags) == (None, None, False)
    assert "imported from other data in the layout `math_shepherd`" in text
    assert "language model" not in text
    assert "None" not in text.partition("## Columns")[0] + text.partition("## How it was made")[2]


def test_a_packaged_prompt_is_shown_whole(tmp_path):
    template = load_prompt("zero_shot_cot", "chat")
    out = exported(tmp_path / "out", prompts=[{"id": template.id, "template": template.name}])
    assert fenced(template.text) in text_of(write_card(out))


def test_what_decontamination_found_is_told_in_counts(tmp_path):
    rows = [record(f"What is {n} plus {n + 3}, and why is that so?", solution(f"a\n{n}")) for n in range(9)]
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text(json.dumps({"question": rows[0]["question"]}) + "\n")
    options = ExportOptions(formats=("sft",), decontaminate=(str(benchmark),))
    export([committed(tmp_path / "run", rows)], tmp_path / "out", options, processes=1)
    text = text_of(write_card(tmp_path / "out", "mit"))
    assert "| `checked` | 9 |" in text
    assert "| `dropped exact` | 1 |" in text
    assert "| `benchmarks benchmark.jsonl` | 1 |" in text
    assert rows[0]["question"] not in text


def test_the_picture_of_a_self_training_run_comes_along_and_stays(tmp_path, out):
    (tmp_path / "star" / "round_1" / "rollouts").mkdir(parents=True)
    (tmp_path / "star" / PLOT).write_bytes(b"\x89PNG\r\n\x1a\n...")
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["runs"][0]["url"] = str(tmp_path / "star" / "round_1" / "rollouts")
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert f"]({PLOT})" in text_of(write_card(out))
    shutil.rmtree(tmp_path / "star")
    assert f"]({PLOT})" in text_of(settled_card(out))
    assert (out / PLOT).is_file()


@pytest.mark.parametrize(
    ("facts", "asked", "more", "fields"),
    [
        ({}, None, {}, ("apache-2.0", None, None)),
        ({}, "CC-BY-4.0", {}, ("cc-by-4.0", None, None)),
        ({"licences": {"MIT": 5}}, "mit", {}, ("mit", None, None)),
        ({"licences": {}}, "other", OWN, ("other", *OWN.values())),
        ({}, "openmdw-1.0", {}, ("openmdw-1.0", None, None)),
    ],
)
def test_the_licence_is_what_all_agree_on_or_what_is_said(tmp_path, facts, asked, more, fields):
    card = settled_card(exported(tmp_path / "out", **facts), asked, **more)
    data = data_of(card)
    assert (data.license, data.get("license_name"), data.get("license_link")) == fields
    assert f"* This data set: `{fields[1] or fields[0]}`" in text_of(card)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"licences": {"MIT": 5}}, "5 questions: MIT; model smollm2-135m: Apache-2.0"),
        ({"licences": {"Apache-2.0": 5, "": 1}}, "1 questions: not known"),
        ({"licences": {"unknown": 2, "other": 3}, "models": []}, "(5 questions: not known)"),
        ({"licences": {"Apache 2.0": 5}, "models": []}, "Did you mean apache-2.0?"),
        ({"licences": {}}, "the questions: not known"),
        ({"models": [{"model": "org/else", "revision": "", "engine": ""}]}, "model org/else: not known"),
        ({"models": [{"model": "~nosuchuser/x", "revision": "", "engine": ""}]}, "model ~nosuchuser/x: not known"),
    ],
)
def test_a_licence_is_never_guessed(tmp_path, facts, told):
    out = exported(tmp_path / "out", **facts)
    with pytest.raises(BadInput, match=r"--licence NAME") as refused:
        write_card(out)
    assert told.lower() in str(refused.value).lower()
    assert not (out / "README.md").exists()


@pytest.mark.parametrize(
    ("asked", "more", "sentence"),
    [
        ("Apache 2.0", {}, r"Did you mean apache-2\.0\?"),
        ("my terms", {}, "--licence other with --licence-name"),
        (" ", {}, "Expected one of the Hub's names"),
        ("other", {}, "does not say which"),
        ("mit", OWN, "leave them out"),
        (None, {"languages": ["English"]}, "'English'.*ISO 639"),
    ],
)
def test_what_the_hub_does_not_know_is_refused(out, asked, more, sentence):
    with pytest.raises(BadInput, match=sentence):
        settled_card(out, asked, **more)


@pytest.mark.parametrize("card", ["---\nlicense: [mit\nx: {\n---\n", b"\xff\xfe---"])
def test_a_model_card_that_cannot_be_read_says_nothing(tmp_path, card):
    (tmp_path / "README.md").write_bytes(card if isinstance(card, bytes) else card.encode())
    assert licence_of_model(str(tmp_path)) is None


def test_languages_are_filed_as_the_hub_has_them(out):
    data = data_of(settled_card(out, languages=["en", "pt-BR"]))
    assert (data.language, data.language_bcp47) == (["en", "pt"], ["pt-BR"])


def test_what_the_owner_said_lasts_until_something_else_is_said(out):
    settled_card(out, "other", **OWN, languages=["en"])
    data = data_of(settled_card(out))
    assert (data.license, data.license_name, data.language) == ("other", "mine-1.0", ["en"])
    card = settled_card(out, "cc-by-4.0")
    data = data_of(card)
    assert (data.license, data.get("license_name"), data.get("license_link")) == ("cc-by-4.0", None, None)
    assert data.language == ["en"]
    assert "`mine-1.0`" not in text_of(card)


def test_a_card_that_was_edited_is_kept_but_for_what_is_said(out):
    settled_card(out, "other", **OWN)
    edit(out)
    card = settled_card(out, "mit", languages=["en"])
    data = data_of(card)
    assert (data.license, data.get("license_name"), data.language) == ("mit", None, ["en"])
    assert "# My title" in text_of(card)
    assert "* This data set: `mit`" in text_of(card)


def test_the_card_of_another_export_is_written_anew_unless_edited(out, tmp_path):
    write_card(out, "mit")
    exported(out, rows=7)
    assert "| `questions` | 14 |" in text_of(settled_card(out))
    assert data_of(out / "README.md").license == "apache-2.0"
    edit(out)
    exported(out, rows=5)
    with pytest.raises(BadInput, match="tells of another export and was edited"):
        settled_card(out)


def test_a_card_that_we_did_not_write_is_refused(out):
    (out / "README.md").write_text("---\nlicense: mit\n---\n# My careful card\n")
    with pytest.raises(BadInput, match="was not written by `factory export`, and is not replaced"):
        settled_card(out, "mit")
    assert "careful" in text_of(out / "README.md")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("license: apache-2.0\n", "", "names no licence"),
        ("license: apache-2.0\n", "license: [apache\n", "YAML at the top of .* cannot be read"),
    ],
)
def test_an_edited_card_that_cannot_be_published_is_one_sentence(out, old, new, sentence):
    write_card(out)
    edit(out, old, new)
    with pytest.raises(BadInput, match=sentence) as refused:
        settled_card(out)
    assert "\n" not in str(refused.value)


def test_the_card_of_an_export_on_s3_is_written_there(tmp_path, s3_bucket, out):
    from factory.storage.opening import open_store

    store = open_store(f"s3://{s3_bucket}/out")
    for path in (path for path in out.rglob("*") if path.is_file()):
        store.create(str(path.relative_to(out)), path.read_bytes())
    assert settled_card(store.url, "mit") == f"{store.url}/README.md"
    assert store.read("README.md") == Path(settled_card(out, "mit")).read_bytes()
