"""Fixtures for all tests: one local Ray cluster and one S3 server for a session, `factory` commands as processes.

Session-wide fixtures are there once for each process of pytest-xdist.
"""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from hypothesis import settings
from support.commands import Running, title
from support.s3 import use
from support.seeing.browser import chromium

from cluster.connect import connected

if TYPE_CHECKING:
    from tools.s3.embedded_s3 import EmbeddedS3
    from tools.s3.fault_proxy import FaultProxy

__all__ = ["chromium"]  # a fixture

# The gate gives the same answer to the same code. HYPOTHESIS_PROFILE=explore looks for new examples instead.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

ROOT = str(Path(__file__).parents[1])

# Long tests first: what is left at the end is short, so that two processes end together.
LONGEST_FIRST = ("end_to_end", "distributed", "integration", "contracts", "golden", "unit")

# Each of the hundreds of processes that tests start would compile anew what it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Two test processes share two cores: threads of one that wait for each other would hold the other up.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell's background jobs ignore Ctrl-C, and so would all they start: the tests that send one would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order tests by folder, the long ones first. Files stay whole, as sorting is stable.

    The tutorial comes behind the distributed tests: its engine would take the processor from the one of the other
    end-to-end tests.
    """
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> float:
        path = item.path.relative_to(tests)
        folder = "distributed" if path.name == "test_tutorial.py" else path.parts[0]
        return LONGEST_FIRST.index(folder) + 0.5 * (folder != path.parts[0])

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return the scheduler for `-n 2`."""
    from support.scheduling import FilesWhole  # here, as xdist may not be installed

    return FilesWhole(config, log)


@pytest.fixture(scope="session")
def own_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder on the path of the tests' Ray, outside of the project, as somebody else's plug-ins lie."""
    return tmp_path_factory.mktemp("own_plugins")


@pytest.fixture(scope="session")
def ray_cluster(own_plugins: Path) -> Iterator[None]:
    """Ray of two logical CPUs, started as a run starts its own: again where a busy machine was too slow for it.

    Actors inherit PYTHONPATH from the raylet: test plug-ins are named `tests.support.plugins.engines` and the like,
    helpers are plain modules of `tests/`.
    """
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray's own spelling; without it workers run at nice 15
    os.environ["RAY_worker_register_timeout_seconds"] = "600"  # noqa: SIM112 - a busy machine may need more than the 60
    os.environ["RAY_metrics_report_interval_ms"] = "1000"  # noqa: SIM112 - a test waits for them; 10,000 by default
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([ROOT, f"{ROOT}/tests", str(own_plugins)])
    if ROOT not in sys.path:
        sys.path.insert(0, ROOT)
    with connected("local", num_cpus=2):
        end_log_monitor()
        yield
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def end_log_monitor() -> None:
    """End the process of Ray that reads all logs again and again: nobody listens, and each dead actor leaves a log."""
    for process in psutil.Process().children(recursive=True):
        if "ray/_private/log_monitor.py" in title(process):
            process.kill()
            process.wait(60)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedS3]:
    """The running server. A test that kills it starts its own, with `embedded_s3(tmp_path)`."""
    # Imported here: s3fs and botocore take a second, and most sessions need neither.
    from tools.s3.embedded_s3 import embedded_s3

    with embedded_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_bucket(s3_server: EmbeddedS3, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Name of a new bucket; s3fs finds it, as the environment says where the server is.

    Processes started before (Ray's actors) have another environment: give them `access(s3_server)`.
    """
    import s3fs

    use(s3_server, monkeypatch)
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3_server.create_bucket(name)
    yield name
    s3fs.S3FileSystem.clear_instance_cache()
    s3_server.delete_bucket(name)  # every bucket takes volumes, of which there are not very many


@pytest.fixture
def proxy(s3_server: EmbeddedS3) -> Iterator[FaultProxy]:
    """A proxy before the server that spoils nothing until it is told to."""
    from tools.s3.fault_proxy import fault_proxy
    from tools.s3.faults import Faults

    with fault_proxy(s3_server.endpoint_url, Faults(), seed=1) as proxy:
        yield proxy


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    """Starts `factory` processes; whatever is left of them at the end is killed, by pid."""
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        for process in one.alive():
            process.kill()
        one.process.wait(10)
