"""Disks that run full in mid-run: one line of advice, nothing committed is lost, and room makes it go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from support.runs import config_for, every_question_once, settings_for

from pipelines.run.driver import Driver
from tools.cli import main

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", disk], capture_output=True, text=True, timeout=30
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk needs root and CAP_SYS_ADMIN: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True, timeout=30)


def test_a_full_disk_loses_nothing_and_the_run_goes_on_with_room(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, config, sections = small_disk / "run", tmp_path / "config.yaml", {"source": {"n": 24}}
    OmegaConf.save(OmegaConf.create(config_for(folder, **sections)), config)

    def command(*arguments: object) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["factory", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, capsys.readouterr().err.splitlines()[-1]

    code, said = command("run", config)
    assert (code, said.count("factory: "), "No space left on device" in said) == (2, 1, True), said
    assert "Expected room on this disk; free some. Nothing committed is lost; go on with `factory resume`" in said
    before = {path.name: path.read_bytes() for path in (folder / "data").glob("part-*.parquet")}
    assert 0 < len(before) < 12
    assert not list((folder / "data").glob(".*"))

    subprocess.run(["mount", "-o", "remount,size=8m", small_disk], check=True, timeout=30)
    # The first driver could not write that it has ended. A user's is gone by now; here it is this very process.
    monkeypatch.setattr(Driver, "runs_here", False)
    assert command("resume", folder)[0] == 0
    assert before.items() <= {path.name: path.read_bytes() for path in (folder / "data").iterdir()}.items()
    assert every_question_once(settings_for(folder, **sections))
