"""`--json`: one JSON object on stdout, and nothing else there."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

_STDOUT, _STDERR = 1, 2


@contextmanager
def only_json(wanted: bool = True) -> Iterator[None]:
    """Send to stderr what anything, child processes included, prints on stdout in the block, where `wanted`."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    # What Python prints, and what child processes inherit.
    kept = os.dup(_STDOUT)
    os.dup2(_STDERR, _STDOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object as indented ASCII, so that texts of a model are harmless on a terminal, too."""
    print(json.dumps(plain(value), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dataclasses and mappings as objects, dates and paths as text, no NaN."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return [plain(item) for item in value]
