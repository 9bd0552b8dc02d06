"""SLURM of two nodes on this machine, without systemd: Debian's daemons, with folders, ports and key of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from support.checking.sandbox import needs
from support.waiting import HANGS_S, wait_until

from cluster.session_guard import guarded
from factory.processes import named_descendants

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "cluster/files/slurm/factory.sbatch"
NODES = ("n1", "n2")


def _trouble() -> str:
    """Return why SLURM cannot run here; empty where it can."""
    if not shutil.which("slurmctld"):
        return "SLURM is not installed; `bash cluster/install_system.sh slurm` installs it"
    return "" if os.geteuid() == 0 else "SLURM's daemons begin jobs as root only"


needs_slurm: pytest.MarkDecorator = needs(_trouble())

ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")

CONFIG = """\
ClusterName=factorytest
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=1
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
SchedulerParameters=sched_interval=1
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{ports[1]}-{ports[2]}] CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    """Running SLURM, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._env = os.environ | {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), f"{ROOT}/tests"]),
        }

    def command(self, *words: str, **env: str) -> str:
        """Run a command of SLURM's and return what it prints."""
        done = subprocess.run(
            words, env=self._env | env, cwd=self.folder, capture_output=True, text=True, timeout=HANGS_S, check=False
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def submit(self, *words: str, venv: Path) -> str:
        """Hand in our script with these words, options first; return the job's number.

        `venv`: environment that the job uses. Its output goes to `log(job)`.
        """
        return self.command("sbatch", "--parsable", *words, FACTORY_VENV=str(venv))

    def log(self, job: str) -> str:
        """Return what the job's script and its steps have said."""
        path = self.folder / f"factory-{job}.log"
        return path.read_text() if path.exists() else ""

    def state(self, job: str) -> str:
        """Return the job's state, such as RUNNING, and how often it was begun again, such as "RUNNING 1"."""
        words = dict(word.partition("=")[::2] for word in self.command("scontrol", "-o", "show", "job", job).split())
        return f"{words['JobState']} {words['Restarts']}"

    def wait_for(self, job: str, state: str) -> None:
        """Return once the job is in `state`, as `state` says it; raise when it has ended in another one."""
        seen = ""

        def settled() -> bool:
            nonlocal seen
            seen = self.state(job)
            name, restarts = seen.split()
            return seen == state or (name in ENDED and restarts == state.split()[1])

        wait_until(settled, f"{state} of job {job}")
        assert seen == state, f"job {job} is {seen}, expected {state}: {self.log(job)}"

    def begin_again(self, job: str, state: str) -> None:
        """Spare a job that waits in `state` the two minutes that SLURM makes one wait that it has requeued.

        Not all of them: what a requeue has revoked is told by the second, and slurmd refuses a job of the same second.
        """
        self.wait_for(job, state)
        self.command("scontrol", "update", f"JobId={job}", "StartTime=now+3seconds")


@contextmanager
def slurm() -> Iterator[Slurm]:
    """Open a block with a SLURM of two idle nodes; its jobs and daemons end with the block."""
    # A short path: the names of sockets end at 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    first = _three_free_ports()
    ports = (first, first + 1, first + 2)
    (folder / "slurm.conf").write_text(CONFIG.format(host=socket.gethostname(), folder=folder, ports=ports))
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    for name in ("state", *NODES):
        (folder / name).mkdir()
    made = Slurm(folder)
    others = named_descendants(os.getpid())
    with ExitStack() as life:
        life.callback(shutil.rmtree, folder, ignore_errors=True)
        munge = [f"--{word}={folder}/munge.{end}" for word, end in MUNGE.items()]
        life.enter_context(_daemon(folder, "munged", "--force", "--foreground", *munge))
        wait_until(lambda: (folder / "munge.sock").exists(), "munged")
        conf = f"{folder}/slurm.conf"
        life.enter_context(_daemon(folder, "slurmctld", "-D", "-f", conf))
        for node in NODES:
            life.enter_context(_daemon(folder, "slurmd", "-D", "-f", conf, "-N", node))
        life.enter_context(guarded(named_descendants(os.getpid()) - others))
        wait_until(lambda: _says(made, "sinfo", "-h", "-N", "-o", "%t").split() == ["idle"] * len(NODES), "idle nodes")
        try:
            yield made
        finally:
            made.command("scancel", "--user=root")
            wait_until(lambda: not made.command("squeue", "-h"), "the end of all jobs")


MUNGE = {"key-file": "key", "socket": "sock", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}


@contextmanager
def _daemon(folder: Path, *words: str) -> Iterator[None]:
    """Open a block in which a daemon runs as a child of this process; it is ended by its pid."""
    program = shutil.which(words[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert program, words
    with (folder / "daemons.log").open("a") as log:
        env = os.environ | {"SLURM_CONF": f"{folder}/slurm.conf"}
        process = subprocess.Popen([program, *words[1:]], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _says(made: Slurm, *words: str) -> str:
    """Return what a command prints; nothing while the controller does not answer yet."""
    try:
        return made.command(*words)
    except AssertionError:
        return ""


def _three_free_ports() -> int:
    """Return the first of three ports in a row that nothing listens on, below those that programs are given."""
    for first in range(20_000 + os.getpid() % 8_000, 32_000):
        try:
            for port in range(first, first + 3):
                with socket.socket() as one:
                    one.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no three free ports between 20000 and 32000")
