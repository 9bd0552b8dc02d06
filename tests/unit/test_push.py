"""`factory push` against a stub of the Hub."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import hub_for_tests
import pytest
from cards_for_tests import exported
from hub_for_tests import OWNER, READER, RESET, Answer
from hub_repos_for_tests import Blob

from factory.errors import BadInput, StorageFailed
from pipelines.hub import Patience
from pipelines.push import Push, push

ROOT = Path(__file__).parents[2]
NAME = "me/set"
BRIEF = Patience(connect_s=20, answer_s=20, attempts=3, longest_pause_s=0.01)
hub = hub_for_tests.stub_hub


@pytest.fixture
def out(tmp_path):
    return exported(tmp_path / "out")


@pytest.fixture
def said():
    return []


@pytest.fixture
def send(hub, out, said):
    return lambda folder=out, name=NAME, **wish: push(
        folder, name, Push(**wish), say=said.append, patience=BRIEF, endpoint=hub.endpoint
    )


def local(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def another(folder: Path) -> None:
    (folder / "data/prm800k/train-00000-of-00001.jsonl").write_text('{"problem": "another"}\n')


def test_the_branch_holds_what_the_folder_holds(hub, out, send):
    done = send(tag="v1")
    repo = hub.repos[NAME]
    assert set(repo.files()) == local(out) | {".gitattributes"}
    assert repo.tags == {"v1": done.commit}
    assert repo.private
    assert done.url == f"{hub.endpoint}/datasets/{NAME}"


def test_data_go_first_the_card_last(hub, send):
    send()
    commits = list(hub.repos[NAME].commits.values())
    assert ["README.md" in tree for tree in commits] == [False, False, True]
    assert sum(path.startswith("data/") for path in commits[1]) == 4


def test_repeating_sends_nothing(hub, send):
    first, before = send(tag="v1"), len(hub.requests)
    again = send(tag="v1")
    assert (again.commits, again.files, again.commit) == (0, 0, first.commit)
    assert all(request.startswith("GET") for request in hub.requests[before:])


def test_a_changed_file_alone_is_sent(hub, out, send):
    send()
    before = len(hub.uploads)
    lines = out / "data/prm800k/train-00000-of-00001.jsonl"
    lines.write_text(lines.read_text().replace("q0", "Q0"))  # of the same size
    assert send().files == 1
    assert len(hub.uploads) == before + 1


def test_commits_are_bounded(hub, send, monkeypatch):
    monkeypatch.setattr("pipelines.push_plan.FILES_PER_COMMIT", 3)
    assert send().commits == 3
    monkeypatch.setattr("pipelines.push_plan.BYTES_PER_COMMIT", 1)
    assert send(name="me/other").commits == 5


def test_files_of_an_earlier_export_go_and_others_stay(hub, send, tmp_path):
    send()
    repo = hub.repos[NAME]
    theirs = {"notes.md": Blob(b"mine", large=False), "data/prm/notes.md": Blob(b"mine", large=False)}
    repo.commit("main", repo.sha("main"), {**repo.commits[repo.sha("main")], **theirs}, "by hand")
    larger = exported(tmp_path / "larger", shards=3)
    assert send(larger).removed == 2
    assert set(repo.files()) == local(larger) | {".gitattributes", *theirs}
    assert "data/prm/train-00000-of-00002.parquet" in [*repo.commits.values()][-2]


def test_a_pull_request_is_gone_on_with(hub, send, out):
    send()
    another(out)
    before = hub.repos[NAME].files()
    assert send(create_pr=True).url.endswith("/discussions/1")
    assert send(create_pr=True).commits == 0
    repo = hub.repos[NAME]
    assert (len(repo.pulls), repo.files()) == (1, before)
    assert repo.files("refs/pr/1") != before


def test_a_branch_that_is_there_is_pushed_to(hub, send):
    send()
    repo = hub.repos[NAME]
    repo.branches["next"] = next(iter(repo.commits))
    assert send(revision="next").url.endswith("/tree/next")
    assert repo.files("next") == repo.files("main")


@pytest.mark.parametrize(("public", "asked", "word"), [(True, None, "is public"), (False, False, "stays private")])
def test_who_may_see_an_existing_data_set_is_told_and_not_changed(hub, send, said, public, asked, word):
    send(private=not public)
    said.clear()
    send(private=asked)
    assert hub.repos[NAME].private is not public
    assert any(word in line for line in said)


def test_private_data_are_not_pushed_to_a_public_data_set(hub, send):
    send(private=False)
    with pytest.raises(BadInput, match="is public, private was wanted"):
        send(private=True)


def test_a_tag_on_other_data_is_not_moved(hub, send, out):
    tagged = send(tag="v1").commit
    another(out)
    before = len(hub.uploads)
    with pytest.raises(BadInput, match=r"tag v1 .* marks other data"):
        send(tag="v1")
    assert (hub.repos[NAME].tags, len(hub.uploads)) == ({"v1": tagged}, before)


@pytest.mark.parametrize(
    ("token", "name", "wish", "sentence"),
    [
        (None, NAME, {}, "no token for the Hub"),
        ("hf_wrong", NAME, {}, "refuses the token as invalid"),
        (READER, "me/there", {}, r"may not push .*\(HTTP 403: You don't have write access"),
        (OWNER, "others/set", {}, "may not open the data set .*HTTP 403"),
        (OWNER, "a/b/c", {}, "Expected NAMESPACE/NAME"),
        (OWNER, "set", {}, "Expected NAMESPACE/NAME, such as me/set"),
        (OWNER, "me/there", {"revision": "v9"}, "has no branch v9.*hf repos branch create"),
        (OWNER, NAME, {"create_pr": True, "tag": "v1"}, "Tag after the merge"),
        (OWNER, NAME, {"create_pr": True, "revision": "v9"}, "Leave one of the two out"),
    ],
)
def test_what_the_user_has_to_mend_is_one_sentence(hub, out, send, said, monkeypatch, token, name, wish, sentence):
    send(name="me/there")
    another(out)
    monkeypatch.setenv("HF_TOKEN", token or "")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere")
    with pytest.raises(BadInput, match=sentence) as failed:
        send(name=name, **wish)
    assert "\n" not in str(failed.value).strip()
    assert not any((token or "?") in line for line in [*said, str(failed.value)])


def test_a_folder_that_is_no_export_is_refused(send, tmp_path, out):
    with pytest.raises(BadInput, match=r"holds no manifest.json"):
        send(tmp_path / "nothing")
    (out / "data/prm/test-00000-of-00001.parquet").unlink()
    with pytest.raises(BadInput, match=r"lacks data/prm/test-00000-of-00001.parquet"):
        send()


def test_a_hub_that_is_not_reached_is_one_sentence(out, said, hub):
    with pytest.raises(StorageFailed, match=r"could not open the data set .*ConnectError.*Repeat the command"):
        push(out, NAME, say=said.append, patience=BRIEF, endpoint="http://127.0.0.1:9")
    assert len(said) == BRIEF.attempts - 1


def test_a_token_that_an_answer_repeats_is_not_shown(hub, send, said):
    hub.fault = lambda _number, _do: Answer.of({"error": f"bad {OWNER}"}, 503)
    with pytest.raises(StorageFailed) as failed:
        send()
    assert not any(OWNER in line for line in [*said, str(failed.value)])


def test_a_hub_that_hangs_is_not_waited_for_for_ever(hub, out, said):
    over, waited = threading.Event(), []

    def hang(number, _do):
        if number == 4:  # the listing, which huggingface_hub asks for without a time-out
            waited.append(over.wait(120))
            return RESET
        return None

    hub.fault = hang
    patience = Patience(connect_s=5, answer_s=1, attempts=6, longest_pause_s=0.01)
    assert push(out, NAME, say=said.append, patience=patience, endpoint=hub.endpoint).commits == 2
    assert not waited
    over.set()


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
        [sys.executable, "-c", script, str(out), NAME], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["{'train': 10, 'test': 5}", "{'train': 5}"], done.stderr[-2000:]


def test_a_card_that_the_hub_refuses_is_one_sentence(hub, send):
    refused = Answer.of({"errors": [{"message": '"license" must be one of'}]}, 400)
    hub.fault = lambda number, _do: refused if hub.requests[number - 1] == "POST /api/validate-yaml" else None
    with pytest.raises(BadInput, match=r'refuses to push .* "license" must be one of'):
        send()


def test_uploads_by_xet_that_break_are_one_sentence(hub, send, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)  # the stub has no route for Xet
    with pytest.raises(StorageFailed, match=r"could not push .*Repeat the command"):
        send()
