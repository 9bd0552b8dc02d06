"""Documents name files, commands and folders that exist."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

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
