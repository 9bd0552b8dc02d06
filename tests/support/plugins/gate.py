"""Gate for engines of the tests: what is named in a file waits until the file no longer names it.

So a test decides how far a run gets, on a machine of any speed: the run stops at the gate, and the test has all the
time it needs to look, to kill, or to interrupt.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path


async def passed(gate: str, text: str) -> None:
    """Return once the file `gate` names no piece of `text`; at once where there is no such file.

    Args:
      gate: path of a file that `close` writes; "" means no gate.
      text: prompts that want to pass, or any other word for what is about to be done.
    """
    noted = False
    while gate and (pieces := [piece for piece in _closed_to(Path(gate)) if piece in text]):
        if not noted:
            with _waiting_list(Path(gate)).open("a") as file:
                file.write("".join(f"{piece}\n" for piece in pieces))
            noted = True
        await asyncio.sleep(0.05)


def waiting(gate: Path) -> set[str]:
    """Return the pieces, of those the gate is closed to, that something has come to wait with."""
    there = _waiting_list(gate)
    return set(there.read_text().splitlines()) if there.is_file() else set()


def close(gate: Path, *pieces: str) -> None:
    """Let nothing pass any more that has one of `pieces` in it; all else passes."""
    _waiting_list(gate).unlink(missing_ok=True)
    half = gate.with_suffix(".half")
    half.write_text(json.dumps(pieces))
    half.replace(gate)  # a reader sees the old list or the new one, never a half


def _closed_to(gate: Path) -> list[str]:
    """Read what may not pass."""
    return list(json.loads(gate.read_text())) if gate.is_file() else []


def _waiting_list(gate: Path) -> Path:
    return gate.with_suffix(".waiting")
