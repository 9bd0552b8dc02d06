"""One local Ray cluster and one S3 server for all tests of a session that need them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from hypothesis import settings
from support.commands import running  # noqa: F401 - a fixture
from support.s3 import proxy, s3_bucket, s3_server  # noqa: F401 - fixtures

# The gate gives the same answer to the same code. HYPOTHESIS_PROFILE=explore looks for new examples instead.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

ROOT = str(Path(__file__).parents[1])

# A shell's background jobs ignore Ctrl-C, and so would all they start: the tests that send one would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """Two logical CPUs, no dashboard. `address="local"`: a plain `ray.init()` would join any cluster it finds.

    Actors inherit PYTHONPATH from the raylet: test plug-ins are named `tests.support.plugins.engines` and the like,
    helpers are plain modules of `tests/`.
    """
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray's own spelling; without it workers run at nice 15
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([ROOT, f"{ROOT}/tests"])
    if ROOT not in sys.path:
        sys.path.insert(0, ROOT)
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
