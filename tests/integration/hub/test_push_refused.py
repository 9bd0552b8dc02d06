"""`factory push` where something is in its way: the user, the folder or the Hub; always one sentence."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from types import FunctionType

import pytest
from support.exports.hub import OWNER, READER, RESET, Answer
from support.exports.hub_repos import Blob, Repo
from support.exports.pushes import BRIEF, NAME, changed

from factory.errors import BadInput, StorageFailed
from pipelines.hub.calls import Hub, HubPatience
from pipelines.hub.push import push


@pytest.mark.parametrize(
    ("token", "name", "options", "sentence"),
    [
        (None, NAME, {}, "no token for the Hub"),
        ("hf_wrong", NAME, {}, "refuses the token as invalid"),
        (READER, "me/there", {}, r"may not push .*\(HTTP 403: You don't have write access"),
        (OWNER, "others/set", {}, "may not open the data set .*HTTP 403"),
        (OWNER, "a/b/c", {}, "Expected NAMESPACE/NAME"),
        (OWNER, "set", {}, "Expected NAMESPACE/NAME, such as me/set"),
        (OWNER, NAME, {"revision": ""}, "--revision is ''.*a name that git takes"),
        (OWNER, NAME, {"tag": "my tag"}, "--tag is 'my tag'.*a name that git takes"),
        (OWNER, NAME, {"tag": "v1.lock"}, "--tag is 'v1.lock'.*a name that git takes"),
        (OWNER, NAME, {"create_pr": True, "tag": "v1"}, "Tag after the merge"),
        (OWNER, NAME, {"create_pr": True, "revision": "v9"}, "Leave one of the two out"),
    ],
)
def test_what_the_user_has_to_mend_is_one_sentence(hub, out, send, said, monkeypatch, token, name, options, sentence):
    send(name="me/there")
    changed(out)
    monkeypatch.setenv("HF_TOKEN", token or "")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere")
    with pytest.raises(BadInput, match=sentence) as failed:
        send(name=name, **options)
    assert "\n" not in str(failed.value).strip()
    assert not any((token or "?") in line for line in [*said, str(failed.value)])
    assert NAME not in hub.repos


def test_a_folder_that_is_no_export_is_refused(send, tmp_path, out):
    with pytest.raises(BadInput, match=r"holds no manifest.json"):
        send(tmp_path / "nothing")
    (out / "data/prm/test-00000-of-00003.parquet").unlink()
    with pytest.raises(BadInput, match=r"lacks data/prm/test-00000-of-00003.parquet"):
        send()
    (out / "manifest.json").write_text("{}")
    with pytest.raises(BadInput, match=r"manifest.json is not as `factory export` writes it"):
        send()
    with pytest.raises(BadInput, match="Expected a local folder: copy it here first"):
        send("s3://bucket/out")


def test_a_damaged_file_is_refused_before_anything_is_sent(hub, send, out):
    shard = out / "data/prm/train-00001-of-00003.parquet"
    data = bytearray(shard.read_bytes())
    data[20] ^= 255
    shard.write_bytes(data)
    with pytest.raises(BadInput, match=r"train-00001-of-00003.parquet is damaged"):
        send()
    assert (hub.uploads, hub.repos[NAME].log) == ([], ["initial commit"])


def test_an_export_without_the_configs_that_are_there_is_refused(hub, send, out):
    send()
    before = hub.repos[NAME].files()
    changed(out, formats=("orm",))
    with pytest.raises(BadInput, match=r"holds the configs prm, prm800k, which this export lacks.*--replace"):
        send()
    assert hub.repos[NAME].files() == before


@pytest.mark.parametrize("content", [b"[]", b'{"digest": "1", "configs": {"a": 3}}', b"\xff"])
def test_somebodys_file_is_overwritten_on_demand_alone(hub, send, content):
    hub.repos[NAME] = repo = Repo(private=True)
    repo.commit("main", "", {"manifest.json": Blob(content, large=False)}, "by hand")
    with pytest.raises(BadInput, match=r"holds a manifest.json that no export of ours put there"):
        send()
    assert send(replace=True).files == 13


def test_private_data_are_not_pushed_to_a_public_data_set(send):
    send(private=False)
    with pytest.raises(BadInput, match="is public, private was wanted"):
        send(private=True)


def test_a_tag_on_other_data_is_not_moved(hub, send, out):
    tagged = send(tag="v1").commit
    changed(out)
    before = len(hub.uploads)
    with pytest.raises(BadInput, match=r"tag v1 .* marks other data"):
        send(tag="v1")
    assert (hub.repos[NAME].tags, len(hub.uploads)) == ({"v1": tagged}, before)


def test_a_card_that_the_hub_refuses_is_one_sentence_before_anything_is_sent(hub, send, out):
    send(name="me/there")
    card = out / "README.md"
    card.write_text(card.read_text().replace("license: apache-2.0", "license: apache"))
    hub.large.clear()
    hub.uploads.clear()
    with pytest.raises(BadInput, match=r'refuses the card: "license" must be one of'):
        send()
    assert not hub.uploads


def test_a_file_that_the_hub_does_not_take_is_named(hub, send, monkeypatch):
    monkeypatch.setattr("support.exports.hub.apply", lambda *_: None)
    with pytest.raises(BadInput, match=r"the Hub took .*Look into the .gitignore there"):
        send()


def test_a_hub_that_is_not_reached_is_one_sentence(out, said, hub):
    with pytest.raises(StorageFailed, match=r"could not open the data set .*ConnectError.*Repeat the command"):
        push(out, NAME, say=said.append, patience=BRIEF, endpoint="http://127.0.0.1:9")
    assert sum("trying again" in line for line in said) == BRIEF.attempts - 1


def test_a_token_that_an_answer_repeats_is_not_shown(hub, send, said):
    hub.fault = lambda _number, _do: Answer.of({"error": f"bad {OWNER}"}, 503)
    with pytest.raises(StorageFailed) as failed:
        send()
    assert not any(OWNER in line for line in [*said, str(failed.value)])


def test_a_hub_that_hangs_is_not_waited_for_for_ever(hub, send):
    over, waited = threading.Event(), []

    def hang(number, _do):
        if "/tree/" in hub.requests[number - 1] and not waited:  # huggingface_hub asks for it without a time-out
            waited.append(number)
            over.wait(120)
            return RESET
        return None

    hub.fault = hang
    assert send(patience=HubPatience(connect_s=5, answer_s=1, attempts=6, longest_pause_s=0.01)).files == 13
    over.set()


@pytest.mark.parametrize("headers", [{"Retry-After": "120"}, {"ratelimit": '"api";r=0;t=120'}])
def test_the_hub_is_waited_for_as_long_as_it_asks(hub, send, said, headers):
    limits = [Answer.of({"error": "rate limited"}, 429, **headers)]
    hub.fault = lambda number, _do: limits.pop() if limits and "/commit/" in hub.requests[number - 1] else None
    send()
    assert any("trying again in 121 s, as the Hub asks" in line for line in said)


def test_a_hub_that_asks_for_hours_is_not_waited_for(hub, send, said):
    hub.fault = lambda _number, _do: Answer.of({"error": "limited"}, 429, **{"Retry-After": "7200"})
    with pytest.raises(StorageFailed, match=r"asks to wait 7,200 s .*Repeat the command"):
        send()
    assert not any("trying again" in line for line in said)


def refusing(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("bug", [ValueError("not enough values to unpack"), RuntimeError("changed size")])
def test_a_bug_is_no_refusal_of_the_hub(hub, bug):
    with pytest.raises(type(bug)):
        Hub(NAME, say=print, patience=BRIEF, endpoint=hub.endpoint)("push", partial(refusing, bug))


def test_a_local_file_that_vanished_says_so(hub):
    with pytest.raises(BadInput, match=r"/nowhere cannot be read .No such file or directory.*Export again"):
        Hub(NAME, say=print, patience=BRIEF, endpoint=hub.endpoint)("push", Path("/nowhere").read_bytes)


def test_uploads_by_xet_that_break_are_one_sentence(send, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)  # the stub has no route for Xet
    with pytest.raises(StorageFailed, match=r"could not push .*Repeat the command"):
        send()


def test_what_xet_makes_a_runtime_error_is_one_sentence(send, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    fail = FunctionType(refusing.__code__, {"__name__": "huggingface_hub._commit_api"})  # hf_xet itself has no frames
    error = RuntimeError("Data processing error: CAS service error")
    monkeypatch.setattr("huggingface_hub.utils._xet.get_xet_session", partial(fail, error))
    with pytest.raises(StorageFailed, match=r"CAS service error.*Repeat the command"):
        send()
