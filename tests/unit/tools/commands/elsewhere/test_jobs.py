"""Commands on the job of a run whose folder cannot be reached from here."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.jobs import Jobs, JobState
from factory.errors import BadInput
from tools.commands.elsewhere import jobs as commands


class FakeJobs(Jobs):
    """Cluster with an old and a running job of one run."""

    folder = ""
    stopped: list[str]

    def with_fact(self, name: str, value: str) -> dict[str, JobState]:
        mine = {"old": JobState("FAILED"), "new": self.state("new")}
        return mine if (name, value) == ("factory_run", FakeJobs.folder) else {}

    def state(self, id: str) -> JobState:
        return JobState("FAILED" if id in FakeJobs.stopped else "RUNNING")

    def log(self, id: str) -> str:
        return f"first\nlast of {id} \x1b[2J\n"

    def stop(self, id: str) -> None:
        FakeJobs.stopped.append(id)


ADDRESS = "http://head:8265"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setattr(commands, "Jobs", FakeJobs)
    FakeJobs.folder, FakeJobs.stopped = str(tmp_path), []
    return str(tmp_path)


def test_the_jobs_of_a_run_are_listed(folder: str) -> None:
    assert commands.job_lines(ADDRESS, folder) == ["job            old: FAILED", "job            new: RUNNING"]
    assert commands.job_lines(ADDRESS, "/other") == ["job            none of /other at http://head:8265"]


def test_only_the_job_that_runs_is_stopped(folder: str) -> None:
    said: list[str] = []
    commands.stop_jobs(ADDRESS, folder, wait=True, say=said.append)
    assert FakeJobs.stopped == ["new"]
    assert said == ["asked          job new: it ends what is in flight", "job            new: FAILED"]
    commands.stop_jobs(ADDRESS, "/other", wait=True, say=said.append)
    assert said[-1] == "nothing runs of /other at http://head:8265"


def test_the_newest_jobs_last_lines_are_printed_harmless(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    commands.print_job_log(ADDRESS, folder, last=1, follow=False)
    assert capsys.readouterr().out == "last of new \\x1b[2J\n"
    with pytest.raises(BadInput, match="knows no job of /other"):
        commands.print_job_log(ADDRESS, "/other", last=1, follow=False)
