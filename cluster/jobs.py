"""Jobs of a Ray cluster by its job API: HTTP to the dashboard of the head, http://HEAD:8265.

Each call is bounded in time, which Ray's own client is not; and a machine that only submits needs nothing of
`ray[default]`, the cluster does. Ray runs a job's entry point once, on the head where nobody says otherwise, and never
again: `tools/keep_driver.py` is what starts a driver anew.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ray._private.authentication.http_token_authentication import get_auth_headers_if_auth_enabled

from factory.errors import BadInput, FactoryError

# Seconds that a call may take, and one that moves a package.
CALL_S, UPLOAD_S = 30.0, 300.0
# Bytes of a package that Ray takes by HTTP: 100 MiB, without the zip's own overhead.
PACKAGE_BYTES = 100 << 20
# Statuses of a job that has ended.
SUCCEEDED, STOPPED = "SUCCEEDED", "STOPPED"
OVER = frozenset({SUCCEEDED, STOPPED, "FAILED"})
_EXPECTED = "Expected the dashboard of a head that runs ray[default], such as http://head:8265"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """Job to be submitted.

    Attributes:
      id: name of the job; Ray refuses a second one of that name.
      entrypoint: shell command, run within the unpacked package.
      env: environment variables of the entry point and of all actors. Ray shows them to whoever may read its jobs.
      metadata: facts for whoever looks at the job.
      cpus: CPUs that the entry point holds; with 0 it runs on the head.
      labels: Ray labels of nodes that the entry point may run on.
    """

    id: str
    entrypoint: str
    env: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    cpus: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobState:
    """State of a job.

    Attributes:
      status: PENDING, RUNNING, or one of `OVER`.
      message: what Ray says of it.
      exit_code: exit status of the entry point; None while it runs, and where it was stopped.
    """

    status: str
    message: str = ""
    exit_code: int | None = None

    @property
    def over(self) -> bool:
        """True once the job has ended."""
        return self.status in OVER


class Jobs:
    """Jobs of the cluster whose dashboard is at `address`. Every call raises `BadInput` where nobody answers there."""

    def __init__(self, address: str) -> None:
        """Take an address, http(s)://HOST:PORT. Raises `BadInput` for anything else; nothing is asked of it yet."""
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise BadInput(f"no job can be submitted to {_without_secret(address)!r}. {_EXPECTED}.")
        self.address = address.rstrip("/")

    def ray_version(self) -> str:
        """Return the version of Ray that the cluster runs."""
        return str(json.loads(self._call("GET", "/api/version")).get("ray_version", ""))

    def state(self, id: str) -> JobState | None:
        """Return the state of a job; None where there is none of that name."""
        answer = self._call("GET", f"/api/jobs/{id}", missing_ok=True)
        return _state(json.loads(answer)) if answer else None

    def with_fact(self, name: str, value: str) -> dict[str, JobState]:
        """Return the submitted jobs by name, oldest first, in whose metadata a fact has this value."""
        listed = json.loads(self._call("GET", "/api/jobs/"))
        mine = [job for job in listed if job.get("submission_id") and (job.get("metadata") or {}).get(name) == value]
        mine.sort(key=lambda job: job.get("start_time") or 0)
        return {str(job["submission_id"]): _state(job) for job in mine}

    def submit(self, package: bytes, request: JobRequest) -> None:
        """Submit a job with a zipped working folder; raises `FactoryError` where Ray refuses it.

        Args:
          package: zip of the folder that the job runs in; one that the cluster has already is not sent again.
          request: the job.
        """
        name = f"_ray_pkg_{hashlib.sha1(package).hexdigest()}.zip"
        # An empty answer says that the package is there.
        if self._call("GET", f"/api/packages/gcs/{name}", missing_ok=True) is None:
            self._call("PUT", f"/api/packages/gcs/{name}", package, limit_s=UPLOAD_S)
        job: dict[str, Any] = {
            "entrypoint": request.entrypoint,
            "submission_id": request.id,
            "runtime_env": {"working_dir": f"gcs://{name}", "env_vars": dict(request.env)},
            "metadata": dict(request.metadata),
        }
        if request.cpus:
            job["entrypoint_num_cpus"] = request.cpus
        if request.labels:
            job["entrypoint_label_selector"] = dict(request.labels)
        self._call("POST", "/api/jobs/", json.dumps(job).encode())

    def log(self, id: str) -> str:
        """Return what a job's entry point has printed so far, whole."""
        return str(json.loads(self._call("GET", f"/api/jobs/{id}/logs") or b"{}").get("logs") or "")

    def stop(self, id: str) -> None:
        """Have Ray send a job SIGTERM, and SIGKILL after its `RAY_JOB_STOP_WAIT_TIME_S`; one that is over stays so."""
        self._call("POST", f"/api/jobs/{id}/stop", b"")

    def _call(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        limit_s: float = CALL_S,
        missing_ok: bool = False,
    ) -> Any:
        """Return the bytes of an answer; None for what is missing, where that is `missing_ok`.

        Raises `BadInput` where no answer comes, or a token is asked for, and `FactoryError` for a refusal.
        """
        headers = {**_auth_headers(), "Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=limit_s) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 404 and missing_ok:
                return None
            said = _last_line(error.read().decode(errors="replace")) or "no reason given"
            if error.code in (401, 403):
                raise BadInput(
                    f"the cluster at {self.address} does not accept this submitter: {said}. Expected its token, in a "
                    "file that RAY_AUTH_TOKEN_PATH names or in RAY_AUTH_TOKEN, with RAY_AUTH_MODE=token."
                ) from None
            raise FactoryError(f"the cluster at {self.address} refused with status {error.code}: {said}") from None
        except (OSError, http.client.HTTPException) as error:
            said = " ".join(str(getattr(error, "reason", None) or error).split()) or type(error).__name__
            raise BadInput(f"no Ray dashboard answers at {self.address}: {said}. {_EXPECTED}.") from None


def _state(job: Mapping[str, Any]) -> JobState:
    """Return the state that Ray's details of a job tell."""
    return JobState(str(job["status"]), str(job.get("message") or ""), job.get("driver_exit_code"))


def _auth_headers() -> dict[str, str]:
    """Return the headers that carry the cluster's token, where there is one. Raises `BadInput` where Ray misses it."""
    try:
        return dict(get_auth_headers_if_auth_enabled({}))
    except Exception as error:
        raise BadInput(f"no token for the cluster: {' '.join(str(error).split())[:300]}") from None


def _last_line(text: str) -> str:
    """Return the last line that says something: of a traceback, the error."""
    return next((line.strip()[:300] for line in reversed(text.splitlines()) if line.strip()), "").rstrip(".")


def _without_secret(address: str) -> str:
    """Return an address without what may be a password."""
    return f"…@{address.rpartition('@')[2]}" if "@" in address else address
