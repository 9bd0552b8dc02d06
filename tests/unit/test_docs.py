"""Documents name files, commands and folders that exist."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from support.fakes import RIGHT, WRONG, policy_for

from factory.contracts.search import SEARCH
from tools.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "[a-z]*/**/*.md")
    for path in ROOT.glob(pattern)
    if not {"runs", "build", "dist"} & set(path.relative_to(ROOT).parts)
)
CODE_PATH = re.compile(r"`((?:factory|actors|pipelines|cluster|tools|tests)/[\w./-]*)`")
COMMANDS = {command.name or command.callback.__name__.rstrip("_") for command in app.registered_commands} | {"model"}
documents = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@documents
def test_links_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))
    assert not [link for link in links if not (path.parent / link).exists()]


@documents
def test_paths_in_code_font_exist(path: Path) -> None:
    named = CODE_PATH.findall(path.read_text(encoding="utf-8"))
    assert not [name for name in named if "mine" not in name and "NAME" not in name and not (ROOT / name).exists()]


@documents
def test_commands_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not [name for name in re.findall(r"python -m (tools\.[\w.]+)", text) if find_spec(name) is None]
    named = re.findall(r"^(?:\s*|.*`)factory ([a-z]+)\b", text, re.M)
    assert set(named) <= COMMANDS


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


async def test_the_search_method_of_the_guide_is_a_plug_in_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [code] = [block for block in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S) if "async def search" in block]
    (tmp_path / "guide_plugins").mkdir()
    (tmp_path / "guide_plugins/two_stage.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugin = SEARCH.load("guide_plugins.two_stage")
    policy = policy_for(lambda prefix, n: [RIGHT, *[WRONG] * (n - 1)])
    await plugin.search(policy.tree, policy, plugin.Config(), Random(0))
    assert policy.models.asked == [("", 4), ("", 8)]
    assert policy.tree.root.searched == 12
