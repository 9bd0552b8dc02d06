"""Jobs of a cluster over HTTP, against a server that answers as Ray's dashboard does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cluster import jobs as jobs_module
from cluster.jobs import JobRequest, Jobs, JobState
from factory.errors import BadInput, FactoryError


class Dashboard(ThreadingHTTPServer):
    """Server that keeps what it is asked, and answers what it was told: (status, body) by method and path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, bytes, str]] = []
        self.answers: dict[tuple[str, str], tuple[int, bytes]] = {}

    @property
    def jobs(self) -> Jobs:
        return Jobs(f"http://127.0.0.1:{self.server_port}/")


class Handler(BaseHTTPRequestHandler):
    server: Dashboard

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, body, self.headers.get("Authorization", "")))
        status, said = self.server.answers.get((self.command, self.path), (404, b"does not exist"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_PUT = do_POST = answer

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dashboard]:
    monkeypatch.setattr(jobs_module, "_auth_headers", lambda: {"Authorization": "Bearer abc"})
    with Dashboard() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_job_is_submitted_with_its_package_and_the_clusters_token(dashboard: Dashboard) -> None:
    name = f"/api/packages/gcs/_ray_pkg_{jobs_module.hashlib.sha1(b'zip').hexdigest()}.zip"
    dashboard.answers = {("PUT", name): (200, b""), ("POST", "/api/jobs/"): (200, b'{"submission_id": "a"}')}
    request = JobRequest(id="a", entrypoint="python -m x", env={"A": "1"}, cpus=1.0, labels={"disk": "big"})
    dashboard.jobs.submit(b"zip", request)
    assert [(method, path) for method, path, _, _ in dashboard.asked] == [
        ("GET", name),
        ("PUT", name),
        ("POST", "/api/jobs/"),
    ]
    assert {token for *_, token in dashboard.asked} == {"Bearer abc"}
    assert json.loads(dashboard.asked[-1][2]) == {
        "entrypoint": "python -m x",
        "submission_id": "a",
        "runtime_env": {"working_dir": f"gcs://{name.rpartition('/')[2]}", "env_vars": {"A": "1"}},
        "metadata": {},
        "entrypoint_num_cpus": 1.0,
        "entrypoint_label_selector": {"disk": "big"},
    }


def test_a_package_that_is_there_is_not_sent_again(dashboard: Dashboard) -> None:
    name = f"/api/packages/gcs/_ray_pkg_{jobs_module.hashlib.sha1(b'zip').hexdigest()}.zip"
    dashboard.answers = {("GET", name): (200, b""), ("POST", "/api/jobs/"): (200, b"{}")}
    dashboard.jobs.submit(b"zip", JobRequest(id="a", entrypoint="true"))
    assert [method for method, *_ in dashboard.asked] == ["GET", "POST"]


def test_the_state_of_a_job_is_what_ray_says_or_none(dashboard: Dashboard) -> None:
    assert dashboard.jobs.state("a") is None
    said = {"status": "FAILED", "message": "no", "driver_exit_code": 137}
    dashboard.answers = {
        ("GET", "/api/jobs/a"): (200, json.dumps(said).encode()),
        ("GET", "/api/jobs/a/logs"): (200, b'{"logs": "one\\ntwo\\n"}'),
        ("POST", "/api/jobs/a/stop"): (200, b'{"stopped": true}'),
        ("GET", "/api/version"): (200, b'{"ray_version": "2.60.0"}'),
    }
    assert dashboard.jobs.state("a") == JobState("FAILED", "no", 137)
    assert dashboard.jobs.log("a") == "one\ntwo\n"
    assert dashboard.jobs.ray_version() == "2.60.0"
    dashboard.jobs.stop("a")


def test_the_jobs_of_a_run_are_told_by_their_metadata_oldest_first(dashboard: Dashboard) -> None:
    listed = [
        {"submission_id": "b", "status": "RUNNING", "start_time": 2, "metadata": {"run": "x"}},
        {"submission_id": "a", "status": "STOPPED", "start_time": 1, "metadata": {"run": "x"}},
        {"submission_id": "c", "status": "RUNNING", "start_time": 3, "metadata": {"run": "y"}},
        {"submission_id": None, "status": "RUNNING", "metadata": None},
    ]
    dashboard.answers = {("GET", "/api/jobs/"): (200, json.dumps(listed).encode())}
    assert dashboard.jobs.with_fact("run", "x") == {"a": JobState("STOPPED"), "b": JobState("RUNNING")}


@pytest.mark.parametrize("status", [401, 403])
def test_a_cluster_that_wants_a_token_says_where_to_put_it(dashboard: Dashboard, status: int) -> None:
    dashboard.answers = {("GET", "/api/version"): (status, b"Unauthorized: Missing authentication token")}
    with pytest.raises(BadInput, match=r"does not accept this submitter: Unauthorized.*RAY_AUTH_TOKEN_PATH"):
        dashboard.jobs.ray_version()


def test_a_refusal_is_the_last_line_of_its_traceback(dashboard: Dashboard) -> None:
    dashboard.answers = {("POST", "/api/jobs/a/stop"): (500, b"Traceback\n  x\nValueError: in use already.\n")}
    with pytest.raises(FactoryError, match=r"refused with status 500: ValueError: in use already$"):
        dashboard.jobs.stop("a")


def test_an_address_at_which_nobody_answers_is_one_sentence_within_a_bound(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = dashboard.jobs
    dashboard.shutdown()
    dashboard.server_close()
    with pytest.raises(BadInput, match=r"^no Ray dashboard answers at http://127.*Connection refused.*:8265\.$"):
        jobs.state("a")


@pytest.mark.parametrize("address", ["head:8265", "ray://head:10001", "http://me:secret@head:8265", ""])
def test_what_is_no_address_of_a_dashboard_is_refused_and_no_password_repeated(address: str) -> None:
    with pytest.raises(BadInput, match="no job can be submitted to") as refused:
        Jobs(address)
    assert "secret" not in str(refused.value)
