"""Submission of a run: the job that it becomes, when it is refused, and the wait for its end."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import ray
from support.runs import config_for

from cluster.jobs import JobRequest, Jobs, JobState
from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.run.attempts import attempt
from pipelines.run.settings import Settings, from_mapping
from pipelines.submitting import submit as submit_module
from pipelines.submitting.package import Package
from pipelines.submitting.submit import SubmitOptions, exit_status_of, job_of, submitted, waited

PACKAGE = Package({}, {"submitted.yaml": "-"}, ("run.dir has to be shared",))


class FakeJobs(Jobs):
    """Cluster with these jobs, by name, and a script of what a job says next."""

    def __init__(self, version: str = ray.__version__, **states: JobState) -> None:
        super().__init__("http://head:8265")
        self.version, self.states = version, states
        self.requests: list[JobRequest] = []
        self.said: list[Callable[[], tuple[JobState | None, str]]] = []

    def ray_version(self) -> str:
        return self.version

    def state(self, id: str) -> JobState | None:
        if self.said:
            self.now, self.text = self.said.pop(0)()
            return self.now
        return self.states.get(id)

    def log(self, id: str) -> str:
        return self.text

    def submit(self, package: bytes, request: JobRequest) -> None:
        self.requests.append(request)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_mapping(config_for(tmp_path / "run", run={"grace_s": 10.5}))


def test_the_job_of_a_run_keeps_its_driver_and_gives_it_time_to_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "abc")
    said: list[str] = []
    jobs = FakeJobs()
    options = SubmitOptions(restarts=2, env=["HF_TOKEN"], python="/opt/my python")
    name = submitted(settings, PACKAGE, jobs, options, said.append)
    [request] = jobs.requests
    assert name == request.id == f"factory-{settings.fingerprint}-1"
    assert shlex.split(request.entrypoint) == [
        "/opt/my python",
        *("-m", "tools.keep_driver", "--restarts", "2", "--"),
        *("run", "submitted.yaml", "cluster.address=auto"),
    ]
    assert request.env == {
        "HF_TOKEN": "abc",
        "RAY_JOB_STOP_WAIT_TIME_S": "101",
        "FACTORY_JOB": json.dumps({"address": "http://head:8265", "id": name}),
    }
    assert said[0] == "run.dir has to be shared"


@pytest.mark.parametrize(
    ("driver_on", "cpus", "labels"), [("head", 0.0, {}), ("any", 1.0, {}), ("disk=big", 0.0, {"disk": "big"})]
)
def test_a_driver_runs_on_the_head_or_elsewhere(
    settings: Settings, driver_on: str, cpus: float, labels: dict[str, str]
) -> None:
    request = job_of(settings, "http://head:8265", "a", SubmitOptions(driver_on=driver_on))
    assert (request.cpus, request.labels) == (cpus, labels)


@pytest.mark.parametrize(
    ("options", "said"),
    [(SubmitOptions(env=["NOT_SET_AT_ALL"]), "--env NOT_SET_AT_ALL"), (SubmitOptions(driver_on="gpu"), "--driver-on")],
)
def test_a_variable_that_is_not_set_and_a_place_that_is_none_are_refused(
    settings: Settings, options: SubmitOptions, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        job_of(settings, "http://head:8265", "a", options)


def test_a_run_that_has_ended_is_submitted_under_the_next_name(settings: Settings) -> None:
    with attempt(open_store(settings.run.dir), 0, {}, Access()):
        pass
    over = {f"factory-{settings.fingerprint}-2": JobState("FAILED")}
    jobs = FakeJobs(**over)
    assert submitted(settings, PACKAGE, jobs, SubmitOptions(), print) == f"factory-{settings.fingerprint}-3"


def test_a_run_that_goes_on_is_not_submitted_again(settings: Settings) -> None:
    jobs = FakeJobs(**{f"factory-{settings.fingerprint}-1": JobState("PENDING")})
    with pytest.raises(BadInput, match=r"of this run is PENDING .* factory stop"):
        submitted(settings, PACKAGE, jobs, SubmitOptions(), print)
    driving = attempt(open_store(settings.run.dir), 0, {}, Access())
    with driving, pytest.raises(BadInput, match=r"is being driven by process \d+ on .*factory stop"):
        submitted(settings, PACKAGE, FakeJobs(), SubmitOptions(), print)
    assert not jobs.requests


def test_a_ray_that_is_too_old_is_refused_and_another_one_said(settings: Settings) -> None:
    for version in ("2.59.1", ""):
        with pytest.raises(BadInput, match=r"Expected 2\.60 or newer"):
            submitted(settings, PACKAGE, FakeJobs(version), SubmitOptions(), print)
    said: list[str] = []
    submitted(settings, PACKAGE, FakeJobs("3.0.0"), SubmitOptions(), said.append)
    assert said[0] == f"the cluster runs Ray 3.0.0; this machine has {ray.__version__}"


def looking(monkeypatch: pytest.MonkeyPatch, *said: Any) -> FakeJobs:
    """Cluster whose job says these things, one look after the other: (state, log), or an error."""

    def say(one: Any) -> Any:
        if isinstance(one, Exception):
            raise one
        return one

    monkeypatch.setattr(submit_module, "LOOK_S", 0.0)
    monkeypatch.setattr(submit_module, "S_PER_MB", 0.0)
    jobs = FakeJobs()
    jobs.said = [lambda one=one: say(one) for one in said]  # type: ignore[misc]
    return jobs


def test_what_a_job_prints_comes_once_in_whole_lines_over_a_head_that_is_away_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running, over = JobState("RUNNING"), JobState("SUCCEEDED")
    jobs = looking(
        monkeypatch,
        (JobState("PENDING"), ""),
        (running, "one\ntw"),
        BadInput("nobody answers"),
        (running, "one\ntwo\n"),
        (over, "one\ntwo\nend"),
    )
    printed: list[str] = []
    assert waited(jobs, "a", printed.append) == over
    assert printed == ["one\n", "two\n", "end"]


def test_the_wait_is_given_up_where_nobody_answers_for_long_or_the_job_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(BadInput, match="knows no job a any more"):
        waited(looking(monkeypatch, (None, "")), "a")
    monkeypatch.setattr(submit_module, "SILENT_S", -1.0)
    with pytest.raises(BadInput, match=r"nobody answers\. It has not for"):
        waited(looking(monkeypatch, BadInput("nobody answers.")), "a")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (JobState("SUCCEEDED", exit_code=0), 0),
        (JobState("FAILED", exit_code=130), 130),
        (JobState("STOPPED"), 130),
        (JobState("FAILED"), 1),
    ],
)
def test_a_job_has_the_exit_status_of_its_run(state: JobState, status: int) -> None:
    assert exit_status_of(state) == status
