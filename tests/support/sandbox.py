"""What tests of sandboxed checkers need of the machine. In CI (CI=true) nothing is skipped: what is missing fails."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import pytest

from factory.errors import BadInput
from factory.sandbox.run import require


@lru_cache
def bubblewrap_trouble() -> str:
    """Why bubblewrap does not work here; empty where it does."""
    try:
        require("bubblewrap")
    except BadInput as error:
        return str(error)
    return ""


def _needs(trouble: str) -> pytest.MarkDecorator:
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    return pytest.mark.skipif(bool(trouble) and not in_ci, reason=trouble)


needs_bubblewrap = _needs(bubblewrap_trouble())
needs_coq = _needs(
    bubblewrap_trouble()
    or ("" if shutil.which("coqc") else "coqc is not installed; `bash cluster/install_system.sh coq` installs it")
)


def running(mark: str) -> list[list[str]]:
    """The command lines of the processes that have `mark` among their arguments."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if mark in words:
                found.append(words)
    return found


def alive(mark: str) -> bool:
    """Whether such processes stay; the dying are given a few seconds."""
    for _ in range(100):
        if not running(mark):
            return False
        time.sleep(0.05)
    return True
