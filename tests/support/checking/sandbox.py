"""Requirements of tests of sandboxed checkers. In CI (CI=true) nothing is skipped: a missing program fails the test."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import pytest
from support.waiting import wait_until

from factory.errors import BadInput
from factory.sandbox.run import require


@lru_cache
def bubblewrap_trouble() -> str:
    """Return why bubblewrap does not work here; empty where it does."""
    try:
        require("bubblewrap")
    except BadInput as error:
        return str(error)
    return ""


def needs(trouble: str) -> pytest.MarkDecorator:
    """Return a mark that skips a test outside CI, with that reason; no reason, no skip."""
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    return pytest.mark.skipif(bool(trouble) and not in_ci, reason=trouble)


needs_bubblewrap = needs(bubblewrap_trouble())
needs_coq = needs(
    bubblewrap_trouble()
    or ("" if shutil.which("coqc") else "coqc is not installed; `bash cluster/install_system.sh coq` installs it")
)


def running(mark: str) -> list[list[str]]:
    """Return the command lines of the processes that have `mark` among their arguments."""
    command_lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if mark in words:
                command_lines.append(words)
    return command_lines


def alive(mark: str) -> bool:
    """Return True when such processes stay; dying ones are given all the time they need."""
    with suppress(AssertionError):
        wait_until(lambda: not running(mark))
        return False
    return True
