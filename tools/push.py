"""`factory push`: an exported folder to the Hub, told in lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub.utils import disable_progress_bars

from pipelines.push import Push, push


def push_lines(out_dir: str | Path, repo_id: str, wish: Push) -> Iterator[str]:
    """Push, telling how it goes on stderr; then what was done and where to look. Raises what `push` raises."""
    if not sys.stderr.isatty():
        disable_progress_bars()
    done = push(out_dir, repo_id, wish, say=lambda line: print(line, file=sys.stderr))
    if done.commits:
        removed = f", {done.removed} old ones removed" if done.removed else ""
        yield f"{done.files} files, {done.n_bytes / 1e6:,.1f} MB in {done.commits} commits{removed}"
    else:
        yield "nothing to push: all of it is there"
    yield f"commit         {done.commit}{f', tagged {wish.tag}' if wish.tag else ''}"
    yield f"look           {done.url}"
