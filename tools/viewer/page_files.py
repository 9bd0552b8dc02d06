"""Files of the page, by the name under which it asks for them: a list made once, so no path comes from a request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

PAGE = "page.html"
_KINDS = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_SHARED = ("theme.css", "theme.js", "echarts.min.js")


@dataclass(frozen=True, slots=True)
class PageFile:
    """File of the page: its bytes, and its media type."""

    data: bytes
    kind: str


@lru_cache
def page_files() -> dict[str, PageFile]:
    """Return the files of the viewer, and those that it shares with other pages."""
    own = [file for file in (files("tools.viewer") / "static").iterdir() if file.name.rpartition(".")[2] in _KINDS]
    shared = [files("tools.web") / "static" / name for name in _SHARED]
    return {file.name: PageFile(file.read_bytes(), _KINDS[file.name.rpartition(".")[2]]) for file in (*shared, *own)}
