"""Our SLURM script on a real SLURM of two nodes: a run to its end, over a cancel, a warning and a killed driver."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.plugins.gate import close, waiting
from support.runs import every_question_once
from support.services.slurm import SCRIPT, Slurm, needs_slurm, slurm
from support.waiting import wait_until

from pipelines.run.settings import load

pytestmark = [pytest.mark.distributed, needs_slurm]

# The environment that `STUB` stands for: nodes that join at once, and a driver that notes each TERM.
RAY = "#!/bin/bash\nexec sleep 600\n"
PYTHON = "#!/bin/bash\nexit 0\n"
FACTORY = """\
#!/bin/bash
here="$(dirname "$0")"
trap 'echo TERM >>"$here/noted"' TERM
echo "began $*" >>"$here/noted"
until [[ -e "$here/status" ]]; do sleep 0.05; done
exit "$(cat "$here/status")"
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Slurm]:
    """SLURM of two nodes for the tests of this file."""
    with slurm() as made:
        yield made


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """Environment whose programs do nothing but note what becomes of them."""
    (tmp_path / "bin").mkdir()
    for name, text in (("ray", RAY), ("python", PYTHON), ("factory", FACTORY)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def noted(stub: Path) -> list[str]:
    """Return what the stub's driver has noted so far."""
    path = stub / "bin/noted"
    return path.read_text().splitlines() if path.exists() else []


def processes_of(job: str) -> list[str]:
    """Return the command lines of the processes that a job's Ray has started: they name its folder."""
    folder = f"/tmp/factory-{job}/"
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if folder in line]


@pytest.mark.long
def test_a_run_over_two_nodes_that_is_cancelled_is_completed_by_a_requeue(cluster: Slurm, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    words = ["source.n=24", "run.unit_size=4", "run.grace_s=1", "model=none", f"run.dir={tmp_path}/run"]
    words += ["engine.kind=tests.support.plugins.gated_scripted", f"engine.gate={gate}"]
    settings = load(SCRIPT.parents[3] / "pipelines/label_steps.yaml", words)
    questions = list(settings.source.plugin.questions(settings.source.config))
    close(gate, questions[-1].text)
    job = cluster.submit("-N2", str(SCRIPT), "pipelines/label_steps.yaml", *words, venv=Path(sys.prefix))

    wait_until(lambda: waiting(gate) and list((tmp_path / "run/data").glob("part-*")), "a run that is under way")
    assert processes_of(job)
    cluster.command("scancel", job)
    cluster.wait_for(job, "CANCELLED 0")
    assert "2 of 2 nodes have joined" in cluster.log(job)
    assert not every_question_once(settings)
    wait_until(lambda: not processes_of(job), "the end of all processes of the job")

    close(gate)
    cluster.command("scontrol", "requeue", job)
    cluster.begin_again(job, "PENDING 1")
    cluster.wait_for(job, "COMPLETED 1")
    assert every_question_once(settings)
    wait_until(lambda: not processes_of(job), "the end of all processes of the job")


def test_a_warning_reaches_the_driver_once_and_the_job_requeues_itself(cluster: Slurm, stub: Path) -> None:
    job = cluster.submit(str(SCRIPT), "config.yaml", "a.b=c", venv=stub)
    wait_until(lambda: noted(stub), "a driver")
    cluster.command("scancel", "--signal=USR1", "--batch", job)
    wait_until(lambda: "TERM" in noted(stub), "the driver's TERM")
    (stub / "bin/status").write_text("130")

    # The second driver may read its status as soon as the job may begin.
    cluster.wait_for(job, "PENDING 1")
    (stub / "bin/status").write_text("0")
    cluster.begin_again(job, "PENDING 1")
    cluster.wait_for(job, "COMPLETED 1")
    begun = [line for line in noted(stub) if line != "TERM"]
    assert noted(stub).count("TERM") == 1
    assert len(begun) == 2
    assert begun[0].startswith("began run config.yaml a.b=c cluster.address=")


def test_a_cancel_reaches_the_driver_once_and_nothing_is_requeued(cluster: Slurm, stub: Path) -> None:
    job = cluster.submit(str(SCRIPT), "config.yaml", venv=stub)
    wait_until(lambda: noted(stub), "a driver")
    cluster.command("scancel", job)
    wait_until(lambda: "TERM" in noted(stub), "the driver's TERM")
    (stub / "bin/status").write_text("130")
    cluster.wait_for(job, "CANCELLED 0")
    assert noted(stub).count("TERM") == 1


def test_a_driver_that_dies_is_begun_again_and_a_mistake_is_not(cluster: Slurm, stub: Path) -> None:
    (stub / "bin/status").write_text("137")
    job = cluster.submit(str(SCRIPT), "config.yaml", venv=stub)
    cluster.wait_for(job, "PENDING 1")
    (stub / "bin/status").write_text("2")
    cluster.begin_again(job, "PENDING 1")
    cluster.wait_for(job, "FAILED 1")
    assert len(noted(stub)) == 2


def test_a_head_that_does_not_start_is_said_at_once_and_the_job_is_begun_again(cluster: Slurm, stub: Path) -> None:
    (stub / "bin/ray").write_text("#!/bin/bash\nexit 1\n")
    (stub / "bin/python").write_text("#!/bin/bash\nexec sleep 600\n")
    job = cluster.submit(str(SCRIPT), "config.yaml", venv=stub)
    cluster.wait_for(job, "PENDING 1")
    assert "Ray's head has ended before the run began" in cluster.log(job)
    assert noted(stub) == []
    cluster.command("scancel", job)


def test_a_job_without_a_config_or_an_environment_says_what_it_expects(cluster: Slurm, tmp_path: Path) -> None:
    without_config = cluster.submit(str(SCRIPT), venv=tmp_path)
    without_environment = cluster.submit(str(SCRIPT), "config.yaml", venv=tmp_path)
    cluster.wait_for(without_config, "FAILED 0")
    cluster.wait_for(without_environment, "FAILED 0")
    assert "got no config, expected: sbatch" in cluster.log(without_config)
    assert f"{tmp_path}/bin/factory is not there, expected" in cluster.log(without_environment)
