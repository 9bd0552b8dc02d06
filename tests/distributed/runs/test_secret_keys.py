"""The key of a server: it is sent to the server, and stands nowhere else, whether it is right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray
from ray._private import ray_constants, state, worker
from support.commands import title
from support.engines.http_runs import at_servers
from support.runs import CONFIG, SHARED_FLEET, every_question_once, run

from factory.errors import FactoryError
from tools.openai_server.faults import Fault
from tools.openai_server.options import OPENAI, Options
from tools.openai_server.server import openai_server

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
# Namespaces of the head's store, of which submitted jobs have one.
SPACES = {None, *(value for name, value in vars(ray_constants).items() if name.startswith("KV_NAMESPACE_"))}
KEY = "sk-Sesame/0penUp+4711=="


def places_of(key: str, folder: Path) -> Iterator[str]:
    """Yield every place where the key can be read: files of the run and of Ray, command lines, Ray's own lists."""
    session = Path(worker._global_node.get_session_dir_path())
    for path in [*folder.rglob("*"), *session.rglob("*")]:
        if path.is_file() and key.encode() in path.read_bytes():
            yield str(path)
    for process in psutil.process_iter():
        if key in title(process):
            yield title(process)
    for name, entries in listed_by_ray().items():
        if key.encode() in entries:
            yield f"Ray's {name}"


def listed_by_ray() -> dict[str, bytes]:
    """Answers of Ray's head to whoever asks: whole entries, of which `ray list`, the Job API and the dashboard show some.

    Of a job these are its command, environment and metadata; submitted ones are in the store of keys and values, too.
    """
    head, tables = worker.global_worker.gcs_client, state.state._connect_and_get_accessor()
    entries = {
        "job list": b"".join(tables.get_job_table(skip_is_running_tasks_field=True)),
        "actor list": b"".join(tables.get_actor_table(None, None)),
        "list of workers": b"".join(tables.get_worker_table()),
        "list of tasks": b"".join(tables.get_task_events()),
    }
    assert all(entries.values())
    kept = [
        key + (head.internal_kv_get(key, space) or b"") for space in SPACES for key in head.internal_kv_keys(b"", space) or []
    ]
    assert kept
    said = repr((state.actors(), state.jobs(), ray.get_runtime_context().runtime_env)).encode()
    return {**entries, "store of keys and values": b"".join(kept), "own words": said}


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_a_key_stands_nowhere_but_in_requests(
    right: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A server that has another key repeats what it was sent; one that has this one fails in mid-run."""
    monkeypatch.setenv("TEAM_KEY", KEY)
    options = Options(**OPENAI, api_key=KEY if right else "another", writer=CONFIG["engine"])
    with openai_server(options, [Fault(kind="500", first=8, every=8)]) as server:
        settings = at_servers(tmp_path, [server], engine={"api_key_env": "TEAM_KEY"}, supervision={"searches": 0})
        try:
            assert run(settings).complete
            assert every_question_once(settings)
            assert right
        except FactoryError as error:
            assert not right
            assert "engine.api_key_env" in str(error)
            assert KEY not in str(error) + repr(error.__cause__) + repr(error.__context__)
        assert [*places_of(KEY, tmp_path)] == []
        assert set(server.keys) == {f"Bearer {KEY}"}
    said = capfd.readouterr()
    assert KEY not in said.out + said.err
    SHARED_FLEET.close()
