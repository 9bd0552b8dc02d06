"""The key of a server: it is sent to the server, and stands nowhere else, whether it is right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray
from ray._private import state, worker
from support.commands import title
from support.engines.http_runs import at_servers
from support.runs import CONFIG, SHARED_FLEET, every_question_once, run

from factory.errors import FactoryError
from tools.openai_server.faults import Fault
from tools.openai_server.options import OPENAI, Options
from tools.openai_server.server import openai_server

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
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
    listed = {"actors": state.actors(), "jobs": state.jobs(), "environment": ray.get_runtime_context().runtime_env}
    for name, text in listed.items():
        if key in repr(text):
            yield f"Ray's list of {name}"


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
