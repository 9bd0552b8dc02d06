"""Fetching and naming models, with a tiny stand-in for the distribution that carries one; no torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from actors.models import resolve
from factory.errors import BadInput

NAME = "tiny"
GGUF = b"pretend weights"


def quiet(_: str) -> None: ...


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder, an installed distribution with a model file, and a conversion that needs no torch."""
    site = tmp_path / "site"
    (site / "tiny_model-1.0.dist-info").mkdir(parents=True)
    (site / "tiny_model-1.0.dist-info" / "METADATA").write_text("Name: tiny-model\nVersion: 1.0\n")
    (site / "tiny.gguf").write_bytes(GGUF)
    monkeypatch.syspath_prepend(str(site))
    embedded = resolve.Embedded(
        distribution="tiny-model", version="1.0", file="tiny.gguf", sha256=hashlib.sha256(GGUF).hexdigest()
    )
    monkeypatch.setattr(resolve, "EMBEDDED", {NAME: embedded})
    monkeypatch.setattr(resolve, "_convert", convert)
    monkeypatch.setenv("FACTORY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


def convert(source: Path, folder: Path) -> None:
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(source.read_bytes() * 2)


def interrupted(source: Path, folder: Path) -> None:
    convert(source, folder)
    raise KeyboardInterrupt


def test_a_fetched_model_is_a_folder_that_resolves(cache: Path):
    folder = resolve.fetch_embedded(NAME, quiet)
    assert folder == cache / NAME
    assert resolve.resolve_model(NAME) == str(folder)
    assert set(json.loads((folder / resolve.MANIFEST).read_text())["files"]) == {"config.json", "model.safetensors"}
    assert not list(cache.glob(".*tmp*"))


def test_a_second_fetch_does_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch):
    resolve.fetch_embedded(NAME, quiet)
    monkeypatch.setattr(resolve, "_convert", interrupted)
    assert resolve.fetch_embedded(NAME, quiet, verify=True) == cache / NAME


def test_a_model_that_was_not_fetched_says_how_to(cache: Path):
    with pytest.raises(BadInput, match="factory model fetch tiny"):
        resolve.resolve_model(NAME)


def test_an_interrupted_fetch_is_never_taken_for_a_model(cache: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resolve, "_convert", interrupted)
    with pytest.raises(KeyboardInterrupt):
        resolve.fetch_embedded(NAME, quiet)
    with pytest.raises(BadInput):
        resolve.resolve_model(NAME)


def test_what_a_killed_fetch_left_behind_is_swept(cache: Path):
    leftover = cache / f".{NAME}.tmp-abc" / "model"
    leftover.mkdir(parents=True)
    (leftover / "model.safetensors").write_bytes(b"half")
    resolve.fetch_embedded(NAME, quiet)
    assert sorted(path.name for path in cache.iterdir()) == [f".{NAME}.lock", NAME]


def test_a_source_file_with_the_wrong_checksum_is_refused(cache: Path, tmp_path: Path):
    (tmp_path / "site" / "tiny.gguf").write_bytes(b"tampered with")
    with pytest.raises(BadInput, match="SHA-256"):
        resolve.fetch_embedded(NAME, quiet)
    assert not (cache / NAME).exists()


@pytest.mark.parametrize(("damage", "verify"), [(b"short", False), (GGUF + b"PRETEND WEIGHTS", True)])
def test_a_damaged_model_is_made_again(cache: Path, damage: bytes, verify: bool):
    folder = resolve.fetch_embedded(NAME, quiet)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(damage)
    resolve.fetch_embedded(NAME, quiet, verify=verify)
    assert (folder / "model.safetensors").read_bytes() == whole


def test_an_unwritable_cache_is_one_clear_error(cache: Path):
    cache.parent.mkdir()
    cache.write_text("a file where the folder should be")
    with pytest.raises(BadInput, match="FACTORY_CACHE"):
        resolve.fetch_embedded(NAME, quiet)


@pytest.mark.parametrize("name", ["tynie", "", "/no/such/folder", "a/b/c", "./missing"])
def test_a_name_that_can_be_no_model_lists_what_can(cache: Path, name: str):
    with pytest.raises(BadInput, match="expected tiny, an existing local folder, or a Hugging Face id"):
        resolve.resolve_model(name)


def test_a_hub_id_is_returned_as_it_is(cache: Path):
    assert resolve.resolve_model("Qwen/Qwen2.5-0.5B-Instruct") == "Qwen/Qwen2.5-0.5B-Instruct"


def test_a_local_folder_needs_config_and_weights(cache: Path, tmp_path: Path):
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(BadInput, match=r"no config\.json"):
        resolve.resolve_model(str(folder))
    (folder / "config.json").write_text("{}")
    with pytest.raises(BadInput, match="no weights"):
        resolve.resolve_model(str(folder))
    (folder / "model.safetensors").write_bytes(b"w")
    assert resolve.resolve_model(str(folder)) == str(folder)


def test_the_revision_of_a_folder_follows_its_weights(tmp_path: Path):
    (tmp_path / "model.safetensors").write_bytes(b"one")
    before = resolve.model_revision(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert before != resolve.model_revision(str(tmp_path))
    assert resolve.model_revision("org/name") is None
