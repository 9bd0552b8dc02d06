"""Pushes that break anywhere: repeated, they leave the very repository that an undisturbed one leaves.

So it does into an empty data set and into one that holds an earlier export; whenever it breaks, the branch holds the
earlier export or the new one, whole.
"""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from support.exports.cards import WHOLE, exported
from support.exports.hub import RESET, Answer
from support.exports.pushes import BRIEF, NAME
from support.waiting import HANGS_S

from pipelines.hub.push import PushOptions, push

ROOT = Path(__file__).parents[3]
OPTIONS = {
    "tagged": PushOptions(tag="v1"),
    "proposed": PushOptions(create_pr=True),
    "branch": PushOptions(revision="next"),
}
HTML = Answer(b"<html>Bad gateway</html>", 502)


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def out(tmp_path):
    return exported(tmp_path / "out", shard_bytes=WHOLE)


@pytest.fixture
def renew(request, hub, tmp_path):
    """Makes the stub what it was: without a data set, or with one that holds an earlier export."""
    if request.param == "full":
        send(hub, exported(tmp_path / "earlier", shard_bytes=WHOLE, salt=" once", rows=6), PushOptions())
    before = copy.deepcopy((hub.repos, hub.large))

    def renewed():
        hub.repos, hub.large = copy.deepcopy(before)
        hub.requests.clear()
        hub.uploads.clear()

    renewed()
    return renewed


def send(hub, out, options):
    return push(out, NAME, options, say=lambda _line: None, patience=BRIEF, endpoint=hub.endpoint)


def state(hub):
    repo = hub.repos[NAME]
    return repo.branches, repo.tags, repo.pulls, repo.log


def undisturbed(hub, out, options, renew):
    """Reports what it leaves, how many requests it takes, and what branches may hold at any time."""
    before = [repo.files(branch) for repo in hub.repos.values() for branch in repo.branches]
    send(hub, out, options)
    repo = hub.repos[NAME]
    after = [repo.files(branch) for branch in repo.branches]
    found, requests = copy.deepcopy(state(hub)), len(hub.requests)
    renew()
    return found, requests, [*before, *after, {".gitattributes": repo.files(repo.sha("main"))[".gitattributes"]}]


def is_whole(hub, wholes):
    return all(repo.files(branch) in wholes for repo in hub.repos.values() for branch in repo.branches)


@pytest.mark.parametrize(
    ("renew", "options"),
    [("empty", "tagged"), ("full", "tagged"), ("full", "proposed"), ("empty", "branch")],
    indirect=["renew"],
)
def test_killed_behind_any_request_and_repeated(hub, out, renew, monkeypatch, options):
    options = OPTIONS[options]
    wanted, requests, wholes = undisturbed(hub, out, options, renew)
    real = httpx2.Client.send
    for fatal in range(1, requests + 1):
        renew()
        sent = 0

        def send_until_killed(client, request, *args, fatal=fatal, **kwargs):
            nonlocal sent
            sent += 1
            if sent <= fatal:
                answer = real(client, request, *args, **kwargs)
            if sent >= fatal:
                raise Killed
            return answer

        with monkeypatch.context() as patched:
            patched.setattr(httpx2.Client, "send", send_until_killed)
            with pytest.raises(Killed):
                send(hub, out, options)
        assert is_whole(hub, wholes), f"request {fatal} of {requests}"
        send(hub, out, options)
        assert state(hub) == wanted, f"request {fatal} of {requests}"
        assert len(hub.uploads) == len(set(hub.uploads)), "what was uploaded is not uploaded again"


@pytest.mark.parametrize("renew", ["full"], indirect=True)
@pytest.mark.parametrize(
    ("fault", "options"),
    [("refused", "tagged"), ("done and refused", "tagged"), ("reset", "proposed"), ("done and reset", "proposed")],
)
def test_a_single_fault_at_any_request_is_got_over(hub, out, renew, fault, options):
    options = OPTIONS[options]
    wanted, requests, wholes = undisturbed(hub, out, options, renew)
    for faulty in range(1, requests + 1):
        renew()

        def strike(number, do, faulty=faulty):
            assert is_whole(hub, wholes)
            if number != faulty:
                return None
            if "done" in fault:
                do()
            return RESET if "reset" in fault else HTML

        hub.fault = strike
        send(hub, out, options)
        assert state(hub) == wanted, f"request {faulty} of {requests}"


@pytest.mark.parametrize("renew", ["full"], indirect=True)
@pytest.mark.parametrize(
    ("route", "carried_out"),
    [("PUT /lfs/", False), (f"POST /api/datasets/{NAME}/commit/", True), ("POST /api/validate-yaml", False)],
)
def test_a_process_killed_by_signal_and_repeated(hub, out, renew, route, carried_out):
    options = OPTIONS["tagged"]
    wanted, *_ = undisturbed(hub, out, options, renew)
    script = "import sys; from pipelines.hub.push import PushOptions, push; push(*sys.argv[1:], PushOptions(tag='v1'))"
    environment = {**os.environ, "HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_XET": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(out), NAME],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )

    def strike(number, do):
        if not hub.requests[number - 1].startswith(route) or process.poll() is not None:
            return None
        if carried_out:
            do()
        os.kill(process.pid, signal.SIGKILL)
        return RESET

    hub.fault = strike
    assert process.wait(timeout=HANGS_S) == -signal.SIGKILL
    hub.fault = lambda _number, _do: None
    send(hub, out, options)
    assert state(hub) == wanted
