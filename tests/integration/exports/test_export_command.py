"""`factory export` as it is typed: what it refuses and what it says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from factory.contracts.formats import FORMATS
from factory.errors import BadInput
from factory.export.filter import Filter
from pipelines.export import export as export_module
from pipelines.export.export import ExportOptions, export
from pipelines.export.pool import pool
from tools.cli import IMPORTED, app, main


def test_where_nothing_is_left_it_is_said_why(run, out):
    with pytest.raises(BadInput, match=r"nothing is left to export of 12 records .*24 solutions not hinted"):
        export([run], out, ExportOptions(formats=("sft",), filter=Filter(hinted="only")))
    assert not Path(out).exists()


@pytest.mark.parametrize(
    ("asked", "match"),
    [({"formats": ("pmr",)}, "'prm'"), ({"formats": ()}, "no format"), ({"near_duplicates": "minhahs"}, "'minhash'")],
)
def test_what_is_unknown_is_refused_with_the_nearest(run, out, asked, match):
    with pytest.raises(BadInput, match=match):
        export([run], out, ExportOptions(**{"formats": ("sft",), **asked}))


def test_the_command_sums_up_and_says_what_next(run, out):
    found = CliRunner().invoke(
        app, ["export", run, out, "-f", "prm", "-f", "sft", "--verdict", "incorrect", "--licence", "mit"]
    )
    assert found.exit_code == 0, found.output
    for line in (
        "prm train .* 12 rows, .* in 1 files",
        "sft .* no rows",
        "dropped .* 12 solutions: verdict correct",
        r'load_dataset\(".*/out", "prm"\)',
        "card .*/out/README.md",
        "factory push .*/out",
    ):
        assert re.search(line, found.output), found.output


def asked(*arguments):
    return CliRunner().invoke(app, ["export", *arguments])


@pytest.mark.parametrize("name", ["../x", ".sft", "sft.", "pmr", ""])
def test_a_name_that_is_no_format_is_refused_with_what_there_is(run, out, name):
    with pytest.raises(BadInput, match="prompt_completion"):
        export([run], out, ExportOptions(formats=(name,)))


def test_a_module_that_is_no_format_is_refused_with_what_it_lacks(run, out):
    with pytest.raises(BadInput, match=r"is not a format: rows is missing.*FormatPlugin in factory/contracts/formats"):
        export([run], out, ExportOptions(formats=("os.path",)))


@pytest.mark.parametrize("licence", ["  ", "cc-by-40"])
def test_a_mistaken_licence_is_refused_before_anything_is_written(run, out, licence):
    found = asked(run, out, "-f", "sft", "--licence", licence)
    assert isinstance(found.exception, BadInput)
    assert "--licence is" in str(found.exception)
    assert not Path(out).exists()


def test_it_is_said_how_json_lines_beside_parquet_are_loaded(run, out):
    said = asked(run, out, "-f", "jsonl", "-f", "sft").output
    assert f'load           datasets.load_dataset("{out}", "sft")' in said
    assert f'load by files  datasets.load_dataset("{out}", data_dir="data/jsonl")' in said


def test_an_export_to_a_store_is_summed_up_with_how_it_is_loaded_and_its_card(run, s3_bucket):
    found = asked(run, f"s3://{s3_bucket}/out", "-f", "sft", "--licence", "mit")
    assert found.exit_code == 0, found.output
    assert f"card           s3://{s3_bucket}/out/README.md" in found.output
    assert f'"s3://{s3_bucket}/out/data/sft/train-*.parquet"' in found.output


def test_as_many_processes_are_started_as_are_asked_for(run, out, monkeypatch):
    got = []
    monkeypatch.setattr(export_module, "pool", lambda processes: got.append(processes) or pool(1))
    assert asked(run, out, "-f", "sft", "--processes", "3").exit_code == 0
    assert got == [3]


def test_an_error_stands_on_a_line_of_its_own(run, out, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["factory", "export", run, out, "-f", "sft", "--hinted", "only"])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with pytest.raises(SystemExit):
        main()
    assert re.search(r"\r\x1b\[Kfactory: nothing is left", capsys.readouterr().err)


def test_help_names_every_format_and_every_one_that_can_be_read():
    wide = {"COLUMNS": "400"}
    said = CliRunner().invoke(app, ["export", "--help"], env=wide).output
    assert [name for name in FORMATS.names() if not re.search(rf"\b{name}\b", said)] == []
    able = [name for name in FORMATS.names() if FORMATS.load(name).parse is not None]
    assert list(IMPORTED) == able
