"""A `factory view` as a process, for pages in a browser."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.commands import Running

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/([\w-]{20,})/")


@contextmanager
def viewing(folder: Path, cache: Path, *options: str, last_words: str = "") -> Iterator[str]:
    """Give the address of a viewer of a folder; Ctrl-C has to end it well, with `last_words` among what it said."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_CACHE", str(cache))
        running = Running("view", str(folder), *options)
    running.wait_for(lambda: "Ctrl-C" in running.stdout)
    [address] = [each[0] for each in ADDRESS.finditer(running.stdout)]
    yield address
    running.process.send_signal(signal.SIGINT)
    code, said, complaints = running.end()
    assert (code, complaints) == (0, "")
    assert last_words in said
