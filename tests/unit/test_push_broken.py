"""A push that breaks anywhere, repeated, leaves the very repository that an undisturbed one leaves: same commits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import hub_for_tests
import pytest
from cards_for_tests import exported
from hub_for_tests import RESET, Answer

from pipelines.hub import Patience
from pipelines.push import Push, push

ROOT = Path(__file__).parents[2]
NAME = "me/set"
BRIEF = Patience(connect_s=20, answer_s=20, attempts=3, longest_pause_s=0.01)
WISHES = {"tagged": Push(tag="v1"), "proposed": Push(create_pr=True)}
HTML = Answer(b"<html>Bad gateway</html>", 502)
hub = hub_for_tests.stub_hub


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture
def out(tmp_path):
    return exported(tmp_path / "out", shards=1)


def send(hub, out, wish):
    return push(out, NAME, wish, say=lambda _line: None, patience=BRIEF, endpoint=hub.endpoint)


def state(hub):
    repo = hub.repos[NAME]
    return repo.branches, repo.tags, repo.pulls, repo.log


def renewed(hub):
    """The stub as it was: the data set is there, empty."""
    hub.repos.clear()
    hub.large.clear()
    hub.requests.clear()
    hub.uploads.clear()


def undisturbed(hub, out, wish):
    send(hub, out, wish)
    found, requests = state(hub), len(hub.requests)
    renewed(hub)
    return found, requests


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_request_and_repeated(hub, out, monkeypatch, wish, when):
    wanted, requests = undisturbed(hub, out, wish)
    real = httpx2.Client.send
    for fatal in range(1, requests + 1):
        renewed(hub)
        sent = 0

        def send_until_killed(client, request, *args, fatal=fatal, **kwargs):
            nonlocal sent
            sent += 1
            if sent > fatal or (sent == fatal and when == "before"):
                raise Killed
            answer = real(client, request, *args, **kwargs)
            if sent == fatal:
                raise Killed
            return answer

        with monkeypatch.context() as patched:
            patched.setattr(httpx2.Client, "send", send_until_killed)
            with pytest.raises(Killed):
                send(hub, out, wish)
        send(hub, out, wish)
        assert state(hub) == wanted, f"request {fatal} of {requests}"
        assert len(hub.uploads) == len(set(hub.uploads)), "what was uploaded is not uploaded again"


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
@pytest.mark.parametrize("fault", ["refused", "done and refused", "reset", "done and reset"])
def test_a_single_fault_at_any_request_is_got_over(hub, out, fault, wish):
    wanted, requests = undisturbed(hub, out, wish)
    for faulty in range(1, requests + 1):
        renewed(hub)

        def strike(number, do, faulty=faulty):
            if number != faulty:
                return None
            if "done" in fault:
                do()
            return RESET if "reset" in fault else HTML

        hub.fault = strike
        send(hub, out, wish)
        assert state(hub) == wanted, f"request {faulty} of {requests}"


@pytest.mark.parametrize(
    ("route", "carried_out"),
    [("PUT /lfs/", False), (f"POST /api/datasets/{NAME}/commit/", True), ("POST /api/validate-yaml", False)],
)
def test_a_process_killed_by_signal_and_repeated(hub, out, route, carried_out):
    wish = WISHES["tagged"]
    wanted, _ = undisturbed(hub, out, wish)
    script = "import sys; from pipelines.push import Push, push; push(*sys.argv[1:], Push(tag='v1'))"
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
    assert process.wait(timeout=60) == -signal.SIGKILL
    hub.fault = lambda _number, _do: None
    send(hub, out, wish)
    assert state(hub) == wanted
