"""A viewer of a small run, asked without a network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.seeing.viewed_run import write_run

from factory.storage.access import Access
from factory.storage.opening import open_store
from tools.viewer.annotating import Annotating
from tools.viewer.app import Viewer
from tools.viewer.index import Index
from tools.viewer.kept_parts import KeptParts
from tools.viewer.lists import Lists
from tools.viewer.records import Records
from tools.viewer.text_search import TextSearch

TOKEN = "a-token-of-some-length"
HOST = "127.0.0.1:8700"


class Asking:
    """Client of a viewer of a folder, which sends what a browser on this machine would."""

    def __init__(self, folder: Path, person: str | None = None) -> None:
        store = open_store(folder)
        self.index = Index(store, KeptParts(str(folder), lambda line: None))
        self.index.look_now()
        records = Records(str(folder), Access(), store)
        self.annotating = annotating = Annotating(records.store, self.index.folders, person)
        annotating.look_now()
        lists = Lists(self.index, annotating)
        search = TextSearch(store, lists)
        application = Viewer(str(folder), self.index, records, lists, search, annotating).application(TOKEN)
        self.client = TestClient(application, base_url=f"http://{HOST}", follow_redirects=False)

    def get(self, path: str, headers: dict[str, str] | None = None, **values: Any) -> Any:
        """Return the answer to a GET below the token."""
        return self.client.get(f"/{TOKEN}/{path}", headers=headers, params=values or None)

    def named(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return what names the record of a row of a list for good."""
        return {name: row[name] for name in ("id", "in", "copy")}

    def json(self, path: str, **values: Any) -> Any:
        """Return the JSON of an answer that has to be one."""
        answer = self.get(path, **values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def say(self, body: Any, **headers: str) -> Any:
        """Return the answer to an annotation from the viewer's own page."""
        return self.post(json.dumps(body), **headers)

    def post(self, body: Any, **headers: str) -> Any:
        """Return the answer to a body, or the pieces of one, from the viewer's own page."""
        own = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        return self.client.post(f"/{TOKEN}/api/annotations", content=body, headers=own | headers)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A factory cache of the test's own."""
    monkeypatch.setenv("FACTORY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def run(tmp_path: Path, cache: Path) -> Path:
    """A run folder with something of everything."""
    write_run(tmp_path / "run", problems=12, per_object=8)
    return tmp_path / "run"


@pytest.fixture
def asking(run: Path) -> Asking:
    """A read-only viewer of it."""
    return Asking(run)


@pytest.fixture
def viewer_of() -> Callable[..., Asking]:
    """Makes a viewer of a folder."""
    return Asking
