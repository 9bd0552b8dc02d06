"""`factory push` against a stub of the Hub: what the branch holds then."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.exports.cards import WHOLE, amend
from support.exports.pushes import NAME, by_hand, changed, local, remote
from support.waiting import HANGS_S

import pipelines.hub.push
from factory.errors import BadInput


def test_the_branch_holds_what_the_folder_holds(hub, out, send):
    done = send(tag="v1")
    repo = hub.repos[NAME]
    assert set(repo.files()) == local(out) | {".gitattributes"}
    assert repo.tags == {"v1": done.commit}
    assert repo.private
    assert done.url == f"{hub.endpoint}/datasets/{NAME}"


def test_all_of_it_is_one_commit(hub, send, said, monkeypatch):
    monkeypatch.setattr("pipelines.hub.push_plan.BATCH_FILES", 5)
    send()
    assert len(hub.repos[NAME].log) == 2  # the first is the Hub's own
    assert sum(line.startswith("uploaded") for line in said) == 3


def test_repeating_sends_nothing(hub, send):
    first, before = send(tag="v1"), len(hub.requests)
    again = send(tag="v1")
    assert (again.files, again.removed, again.commit) == (0, 0, first.commit)
    assert all(request.startswith("GET") for request in hub.requests[before:])


def test_what_changed_alone_is_sent(hub, send):
    send()
    before = len(hub.uploads)
    assert send(licence="mit").files == 1
    assert len(hub.uploads) == before
    assert b"license: mit" in remote(hub.repos[NAME], "README.md")


def test_files_of_an_earlier_export_go_and_others_stay(hub, send, out):
    send()
    repo = hub.repos[NAME]
    theirs = ["notes.md", "data/prm/train-00009-of-00010.parquet", "decontamination.json"]
    for name in theirs:
        by_hand(repo, name)
    changed(out, shard_bytes=WHOLE)
    assert send().removed == 11
    assert set(repo.files()) == local(out) | {".gitattributes", *theirs}


def test_configs_that_the_export_lacks_are_taken_away_on_demand(hub, send, out):
    send()
    changed(out, formats=("orm",))
    send(replace=True)
    assert not [path for path in hub.repos[NAME].files() if path.startswith("data/prm")]


def test_a_card_that_was_edited_on_the_hub_stays(hub, send, out, said):
    send()
    repo = hub.repos[NAME]
    by_hand(repo, "README.md", remote(repo, "README.md").replace(b"# Reasoning data", b"# Edited there"))
    send(tag="v1")
    changed(out)
    said.clear()
    send()
    assert b"# Edited there" in remote(repo, "README.md")
    assert any("edited by somebody: it stays" in line for line in said)
    send(replace_card=True)
    assert remote(repo, "README.md") == (out / "README.md").read_bytes()


def test_a_file_is_hashed_once(send, monkeypatch):
    hashed, real = [], pipelines.hub.push.sha256_of
    monkeypatch.setattr("pipelines.hub.push.sha256_of", lambda path: hashed.append(path) or real(path))
    monkeypatch.setattr("huggingface_hub.lfs.sha_fileobj", lambda _file: pytest.fail("hashed again"))
    send()
    assert len(hashed) == len(set(hashed)) == 11


def test_certificates_are_read_once_in_a_process(send, monkeypatch):
    send()
    monkeypatch.setattr("ssl.SSLContext.load_verify_locations", lambda *_: pytest.fail("read again"))
    send()


def test_private_places_and_settings_are_not_pushed(hub, send, out):
    manifest = amend(out, options={"decontaminate": ["/home/me/secret/holdout.jsonl", "hf:openai/gsm8k"]})
    manifest["runs"][0]["config"] = {"prompt": "mine"}
    (out / "manifest.json").write_text(json.dumps(manifest))
    send()
    public = json.loads(remote(hub.repos[NAME], "manifest.json"))
    assert not [word for word in ("/home", "private", "secret", '"config"') if word in json.dumps(public)]
    assert (public["digest"], public["configs"]) == (manifest["digest"], manifest["configs"])
    assert public["runs"][0]["url"] == "run"
    assert public["options"]["decontaminate"] == ["holdout.jsonl", "hf:openai/gsm8k"]


def test_what_decontamination_found_is_pushed_on_demand_and_taken_back(hub, send, out):
    (out / "decontamination.json").write_text('{"checked": 7, "findings": [{}]}')
    send()
    assert "decontamination.json" not in hub.repos[NAME].files()
    assert b"| `checked` | 7 |" in remote(hub.repos[NAME], "README.md")
    send(with_report=True)
    assert "decontamination.json" in hub.repos[NAME].files()
    assert send().removed == 1
    assert "decontamination.json" not in hub.repos[NAME].files()


def test_a_language_is_asked_for(hub, send, said):
    send()
    assert any("--language en" in line for line in said)
    said.clear()
    send(languages=("en",))
    assert not any("--language" in line for line in said)
    assert b"language:\n- en\n" in remote(hub.repos[NAME], "README.md")


def test_a_pull_request_is_gone_on_with_while_it_is_open(hub, send, out):
    send()
    changed(out)
    before = hub.repos[NAME].files()
    assert send(create_pr=True).url.endswith("/discussions/1")
    assert send(create_pr=True).files == 0
    repo = hub.repos[NAME]
    assert (len(repo.pulls), repo.files()) == (1, before)
    assert repo.files("refs/pr/1") != before
    repo.closed.add("refs/pr/1")
    assert send(create_pr=True).url.endswith("/discussions/2")


def test_a_branch_is_made_if_need_be_and_pushed_to(hub, send, out):
    assert send(revision="next").url.endswith("/tree/next")
    repo = hub.repos[NAME]
    assert (set(repo.files()), set(repo.files("next"))) == ({".gitattributes"}, local(out) | {".gitattributes"})
    before = repo.files("next")
    changed(out)
    send(revision="next")
    assert repo.files("next") != before


@pytest.mark.parametrize(("public", "asked", "word"), [(True, None, "is public"), (False, False, "stays private")])
def test_who_may_see_an_existing_data_set_is_told_and_not_changed(hub, send, said, public, asked, word):
    send(private=not public)
    said.clear()
    send(private=asked)
    assert hub.repos[NAME].private is not public
    assert any(word in line for line in said)


def test_a_tag_on_the_same_data_stays_where_it_is(hub, send):
    tagged = send(tag="v1").commit
    by_hand(hub.repos[NAME])
    send(tag="v1")
    assert hub.repos[NAME].tags == {"v1": tagged}


def test_what_somebody_commits_meanwhile_stays(hub, send, out):
    def meanwhile(number, _do):
        if "/commit/" in hub.requests[number - 1] and "notes.md" not in hub.repos[NAME].files():
            by_hand(hub.repos[NAME])

    hub.fault = meanwhile
    send()
    assert set(hub.repos[NAME].files()) == local(out) | {".gitattributes", "notes.md"}


def test_load_dataset_from_the_hub_equals_the_folder(hub, send, out, tmp_path):
    send(tag="v1")
    script = """
import sys
from datasets import load_dataset
out, name = sys.argv[1:]
for options in ({"name": "prm"}, {"data_dir": "data/prm800k"}):
    here, there = load_dataset(out, **options), load_dataset(name, revision="v1", **options)
    assert {split: rows.to_list() for split, rows in here.items()} == {
        split: rows.to_list() for split, rows in there.items()
    }
    print({split: len(rows) for split, rows in there.items()})
"""
    homes = {"HF_HOME": str(tmp_path / "home"), "HF_DATASETS_CACHE": str(tmp_path / "cache")}
    environment = {**os.environ, **homes, "HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(out), NAME], env=environment, capture_output=True, text=True, timeout=HANGS_S
    )
    assert done.stdout.splitlines() == ["{'train': 12, 'test': 8}"] * 2, done.stderr[-2000:]


def test_a_push_that_is_refused_makes_no_branch(hub, send, out):
    send()
    changed(out, formats=("orm",))
    with pytest.raises(BadInput, match="holds the configs"):
        send(revision="next")
    assert list(hub.repos[NAME].branches) == ["main"]
