"""Items for a pool with the misbehaving checker, and the processes behind it."""

from __future__ import annotations

import os

import psutil

from actors.checking.pool import CheckerPool
from factory.types import Question

KIND = "tests.support.plugins.checkers"  # `tests` is a namespace package


def item(gold: str, text: str = "x") -> tuple[Question, str]:
    """Return an item to check; `gold` says how the checker misbehaves."""
    return Question(text="", gold=gold), text


def outcomes(pool: CheckerPool, *golds: str) -> list[str]:
    """Check one item for each of `golds` and return the outcomes."""
    return outcomes_of(pool, *map(item, golds))


def outcomes_of(pool: CheckerPool, *items: tuple[Question, str]) -> list[str]:
    """Check `items` and return the outcomes."""
    return [str(verdict.outcome) for verdict in pool.check(items)]


def processes() -> list[psutil.Process]:
    """List the zygotes and workers below this process."""

    def is_ours(process: psutil.Process) -> bool:
        """Return True for a zygote, or a worker forked from one."""
        try:
            return "actors.checking.zygote" in process.cmdline()
        except psutil.Error:  # it ended while we looked
            return False

    return [process for process in psutil.Process().children(recursive=True) if is_ours(process)]


def own_zygote() -> psutil.Process:
    """Return the zygote that this process started; Ray's servers are its children, too."""
    return next(process for process in processes() if process.ppid() == os.getpid())
