"""Models are downloaded in parts: whole at the end, resumed after a kill, and refused where there is no room."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.waiting import HANGS_S

from actors.models import fetching
from actors.models.fetching import fetch_files
from factory.errors import BadInput, StorageFailed
from factory.storage.access import Access
from factory.storage.local import LocalStore

FILES = {"config.json": b"{}", "empty": b"", "model.safetensors": bytes(range(256)) * 10, "odd name.txt": b"12345678"}


class Recorded(LocalStore):
    """Store that notes what is read, and fails where it is told to."""

    def __init__(self, root: Path, fails_at: int | None = None) -> None:
        super().__init__(root, Access())
        self.parts: list[tuple[str, int]] = []
        self._fails_at = fails_at

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """Read a part."""
        if self._fails_at is not None and len(self.parts) >= self._fails_at:
            raise StorageFailed("gone")
        self.parts.append((name, start or 0))
        return super().read(name, start, end)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a store with all files; parts are small, and come one after the other."""
    monkeypatch.setattr(fetching, "PART_BYTES", 100)
    monkeypatch.setattr(fetching, "AT_A_TIME", 1)
    folder = tmp_path / "store"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def sizes() -> dict[str, int]:
    return {name: len(data) for name, data in FILES.items()}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("at_a_time", [1, 8])
def test_all_parts_are_put_together(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    monkeypatch.setattr(fetching, "AT_A_TIME", at_a_time)
    store = Recorded(there)
    fetch_files(store, sizes(), tmp_path / "here")
    assert content(tmp_path / "here") == FILES
    assert len(store.parts) == 1 + 26 + 1


def test_parts_of_one_file_are_fetched_at_the_same_time(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "AT_A_TIME", 4)
    together = threading.Barrier(4)

    class Slow(LocalStore):
        def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
            together.wait(HANGS_S)  # nobody is given anything before three others have asked
            return super().read(name, start, end)

    name = "model.safetensors"
    fetch_files(Slow(there, Access()), {name: 800}, tmp_path / "here")
    assert (tmp_path / "here" / name).read_bytes() == FILES[name][:800]


def test_what_is_there_is_not_fetched_again(there: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        fetch_files(Recorded(there, fails_at=10), sizes(), tmp_path / "here")
    rest = Recorded(there)
    fetch_files(rest, sizes(), tmp_path / "here")
    assert content(tmp_path / "here") == FILES
    assert len(rest.parts) == 28 - 10


def test_a_line_that_a_kill_has_cut_off_counts_for_nothing(there: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        fetch_files(Recorded(there, fails_at=10), sizes(), tmp_path / "here")
    notes = tmp_path / "here/.parts"
    notes.write_text(notes.read_text()[:-3])
    rest = Recorded(there)
    fetch_files(rest, sizes(), tmp_path / "here")
    assert content(tmp_path / "here") == FILES
    assert len(rest.parts) == 28 - 9


def test_after_a_boot_all_is_fetched_again(there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageFailed):
        fetch_files(Recorded(there, fails_at=10), sizes(), tmp_path / "here")
    monkeypatch.setattr(fetching, "boot_id", lambda: "another")
    rest = Recorded(there)
    fetch_files(rest, sizes(), tmp_path / "here")
    assert content(tmp_path / "here") == FILES
    assert len(rest.parts) == 28


def test_a_disk_without_room_is_refused_before_anything_is_fetched(
    there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2_000))
    store = Recorded(there)
    with pytest.raises(BadInput, match=r"needs 0\.0 GB more .* make room, or set FACTORY_CACHE"):
        fetch_files(store, sizes(), tmp_path / "here")
    assert store.parts == []
