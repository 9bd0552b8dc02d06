"""Package of a submitted run: what is shipped under which name, and what is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.runs import config_for

from factory.errors import BadInput
from pipelines.run.settings import from_mapping, load
from pipelines.submitting import package as package_module
from pipelines.submitting.package import CONFIG, check_size, staged

PROMPT = "[user]\nSolve this.\n{question}\n"


def settings(here: Path, **sections: Any) -> Any:
    return from_mapping(config_for(here / "run", **sections))


def test_code_config_and_version_are_shipped_and_the_config_means_the_same_there(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    package = staged(wanted, here=tmp_path)
    archive = zipfile.ZipFile(io.BytesIO(package.zipped()))
    names = archive.namelist()
    assert {"factory/types.py", "tools/keep_driver.py", "pipelines/label_steps.yaml"} <= set(names)
    assert any(name.startswith("factory/prompts/") and name.endswith(".txt") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert any(name.startswith("selfplay_factory-") and name.endswith("/METADATA") for name in names)
    (tmp_path / CONFIG).write_bytes(archive.read(CONFIG))
    assert load(tmp_path / CONFIG).fingerprint == wanted.fingerprint
    assert package.remarks == (f"run.dir is {tmp_path}/run: it has to lie on a disk that all nodes share, or s3://",)


def test_the_same_files_are_the_same_package(tmp_path: Path) -> None:
    assert staged(settings(tmp_path), here=tmp_path).zipped() == staged(settings(tmp_path), here=tmp_path).zipped()


def test_files_of_the_config_keep_their_paths_below_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/mine.txt").write_text(PROMPT)
    (tmp_path / "few.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n')
    (tmp_path / "more").mkdir()
    (tmp_path / "more/notes.md").write_text("-")
    wanted = settings(tmp_path, prompt={"template": "prompts/mine.txt"}, source={"kind": "jsonl", "path": "few.jsonl"})
    files = staged(wanted, ["more"], here=tmp_path).files
    assert {"prompts/mine.txt", "few.jsonl", "more/notes.md"} <= files.keys()


def test_plug_ins_of_the_user_are_shipped_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shipped_plugins").mkdir()
    code = "from factory.search.sample import *\nfrom factory.search.sample import Config, search\n"
    (tmp_path / "shipped_plugins/mine.py").write_text(code)
    (tmp_path / "shipped_plugins/words.txt").write_text("-")
    monkeypatch.syspath_prepend(str(tmp_path))
    files = staged(settings(tmp_path, search={"method": "shipped_plugins.mine"}), here=tmp_path).files
    assert {"shipped_plugins/mine.py", "shipped_plugins/words.txt"} <= files.keys()


def test_what_is_not_below_the_folder_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "aside.txt").write_text("-")
    with pytest.raises(BadInput, match=r"--with is \.\./aside.txt, which is not below"):
        staged(settings(tmp_path), ["../aside.txt"], here=tmp_path / "here")
    with pytest.raises(BadInput, match="--with is nothing, and there is no such file"):
        staged(settings(tmp_path), ["nothing"], here=tmp_path)


def test_folders_that_the_config_names_have_to_be_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    named = config_for(tmp_path / "run") | {"model": "weights"}
    with pytest.raises(BadInput, match=r"the model of policy is the folder weights, .* Expected its absolute path"):
        staged(from_mapping(named), here=tmp_path)
    absolute = staged(from_mapping(named | {"model": str(tmp_path / "weights")}), here=tmp_path)
    assert any("the model of policy is the folder" in remark for remark in absolute.remarks)


def test_credentials_are_not_shipped(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"storage.key, storage.secret cannot be submitted.*--env") as refused:
        staged(settings(tmp_path, storage={"key": "abc", "secret": "xyz"}), here=tmp_path)
    assert "xyz" not in str(refused.value)


def test_what_is_too_large_is_refused_with_the_folder_that_holds_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_size({"a/b": 10, "c": 20}, most=30)
    with pytest.raises(
        BadInput, match=r"^31.0 MB would be shipped to every node, 21.0 MB of it in data/raw\. .* 30 MB"
    ):
        check_size({"a/b": 10_000_000, "data/raw/x": 11_000_000, "data/raw/y": 10_000_000}, most=30_000_000)
    monkeypatch.setattr(package_module, "MOST_BYTES", 1000)
    with pytest.raises(BadInput, match="would be shipped"):
        staged(settings(tmp_path), here=tmp_path)
