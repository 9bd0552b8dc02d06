"""`factory export`: options from the command line to `pipelines/export/export.py`, and the lines it ends with."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from factory.plugins import names_in

if TYPE_CHECKING:
    from pipelines.export.export import Exported

SHARE = typer.Option(min=0, max=1, help="Share of the questions, by a hash of their text and the seed.")
FORMATS = names_in("factory.formats")
COUNT = {"min": 0, "show_default": False}
EXAMPLES = (
    "Examples: factory export runs/mine exports/mine --format sft --format prm · "
    "factory export runs/star exports/star -f sft --per-question 4 --validation .02 --test .02 · "
    "factory export runs/a s3://bucket/runs/b OUT -f prm --min-confidence .9 --balance --decontaminate gsm8k_test.jsonl"
)
_EVERY_S = 1.0


def export_command(
    folders: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN_DIR… OUT",
            help="Folders made by `factory run` or `factory import` (of a STaR folder, the runs its training data come "
            "from), then a new folder to write to. All may be s3://….",
        ),
    ],
    format: Annotated[list[str], typer.Option("--format", "-f", help=f"{', '.join(FORMATS)}; may be repeated.")],
    verdict: Annotated[
        list[str] | None, typer.Option(help="correct, incorrect, unparsable, timeout, error; may be repeated.")
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Step labels less sure than that count as unknown.")
    ] = 0.0,
    hinted: Annotated[str, typer.Option(help="Solutions written knowing the answer: none, any or only.")] = "none",
    round: Annotated[list[int] | None, typer.Option(help="Rounds of training; may be repeated.")] = None,
    min_chars: Annotated[int, typer.Option(help="Characters of a solution, at least.", **COUNT)] = 0,
    max_chars: Annotated[int, typer.Option(help="Characters of a solution, at most.", **COUNT)] = 0,
    min_steps: Annotated[int, typer.Option(help="Steps of a solution, at least.", **COUNT)] = 0,
    max_steps: Annotated[int, typer.Option(help="Steps of a solution, at most.", **COUNT)] = 0,
    per_question: Annotated[
        int, typer.Option(help="Solutions of a question, at most, over all runs: of those a format can use.", **COUNT)
    ] = 0,
    balance: Annotated[bool, typer.Option("--balance", help="Of every question as many right as wrong ones.")] = False,
    validation: Annotated[float, SHARE] = 0.0,
    test: Annotated[float, SHARE] = 0.0,
    seed: Annotated[int, typer.Option(help="Of splits and draws.")] = 0,
    near_duplicates: Annotated[
        str, typer.Option(help="How questions that repeat others are found: exact or minhash.")
    ] = "exact",
    similarity: Annotated[float, typer.Option(min=0.7, max=1, help="With minhash: of words, at least.")] = 0.8,
    decontaminate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE[:COLUMN]|hf:NAME[:CONFIG][:SPLIT][:COLUMN]",
            help="Drop questions found in this benchmark: a .jsonl, .json, .csv or .parquet file, a folder or glob of "
            "them, or a data set of the Hub (split test if not given; NAME::SPLIT:COLUMN without a config). May be "
            "repeated.",
        ),
    ] = None,
    overlap_ngram: Annotated[
        int, typer.Option(min=1, help="Words in a row that count as common with a benchmark.")
    ] = 13,
    overlap: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of a benchmark's question that these cover; 0: one is enough, whatever the numbers.",
        ),
    ] = 0.5,
    reworded: Annotated[float, typer.Option(min=0.01, max=1, help="Least score of a reworded question.")] = 0.6,
    keep_reworded: Annotated[bool, typer.Option("--keep-reworded", help="Only list reworded questions.")] = False,
    shard_mb: Annotated[int, typer.Option(min=1, help="Megabytes per file, about.")] = 384,
    licence: Annotated[str | None, typer.Option(help="Of the data set, for its card, such as cc-by-4.0.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, help="By default up to 4, as there are CPUs.")] = None,
) -> None:
    """Write flat views of runs for trainers and data hubs; what was written is a data set to load or push."""
    from factory.decontamination.contamination import MatchSettings
    from factory.errors import BadInput
    from factory.export.filter import Filter
    from factory.export.split import Split
    from factory.text.safe_text import safe
    from pipelines.dataset_card.licence import licence_fields
    from pipelines.export.export import ExportOptions, export

    if len(folders) < 2:
        raise BadInput(f"got {folders[0]!r} alone. Expected at least one RUN_DIR, and OUT behind it.")
    licence_fields(licence)  # a mistake in it is said before the work, not after
    options = ExportOptions(
        formats=tuple(format),
        filter=Filter(
            verdicts=tuple(verdict or ()),
            min_confidence=min_confidence,
            hinted=hinted,
            rounds=tuple(round or ()),
            min_characters=min_chars,
            max_characters=max_chars,
            min_steps=min_steps,
            max_steps=max_steps,
            per_question=per_question,
            balance=balance,
            seed=seed,
        ),
        split=Split(validation=validation, test=test, seed=seed),
        near_duplicates=near_duplicates,
        similarity=similarity,
        decontaminate=tuple(decontaminate or ()),
        matching=MatchSettings(ngram=overlap_ngram, coverage=overlap, reworded=reworded),
        keep_reworded=keep_reworded,
        shard_mb=shard_mb,
    )
    *runs, out = folders
    command = shlex.join(["factory", *sys.argv[1:]])
    with closing(_Teller()) as tell:
        done = export(runs, out, options, say=tell, processes=processes, command=command)
    for line in chain(summary_lines(done), _card(out, licence)):
        print(safe(line))


def summary_lines(done: Exported) -> Iterator[str]:
    """Rows by config and split, what was dropped and why, where it is, what to do next."""
    if done.there:
        yield "this very export is there already:"
    configs = done.manifest["configs"]
    for name, config in configs.items():
        for split, found in config["splits"].items():
            labels = ", ".join(f"{n:,} {label}" for label, n in found["labels"].items())
            size = f"{found['bytes'] / 1e6:,.1f} MB in {len(found['files'])} files"
            yield f"{name + ' ' + split:<26} {found['rows']:>12,} rows, {size}{f' ({labels})' * bool(labels)}"
    for name in done.manifest["options"]["formats"]:
        if name not in configs:
            yield f"{name:<26} no rows"
    for what, n in done.manifest["dropped"].items():
        yield f"dropped                    {n:>12,} {what}"
    yield f"records        {done.out}/data"
    yield f"what went in   {done.out}/manifest.json"
    parquet = [name for name, config in configs.items() if config["suffix"] == ".parquet"]
    beside = [name for name in configs if parquet and name not in parquet]
    yield f"load           {_load_config(done, (parquet or list(configs))[0])}"
    for name in beside:
        yield f"load by files  {_load_files(done, name)}"
    if "://" not in done.out:
        yield f"publish        factory push {done.out} NAME/DATASET"


def _load_config(done: Exported, name: str) -> str:
    """The Python that loads a config of the export."""
    return _load_files(done, name) if "://" in done.out else f'datasets.load_dataset("{done.out}", "{name}")'


def _load_files(done: Exported, name: str) -> str:
    """The Python that loads a format's files: `datasets` knows no configs on S3, nor of JSON lines beside Parquet."""
    if "://" not in done.out:
        return f'datasets.load_dataset("{done.out}", data_dir="data/{name}")'
    config = done.manifest["configs"][name]
    reader = "parquet" if config["suffix"] == ".parquet" else "json"
    files = ", ".join(f'"{one}": "{done.out}/data/{name}/{one}-*{config["suffix"]}"' for one in config["splits"])
    return f'datasets.load_dataset("{reader}", data_files={{{files}}}, storage_options=…)'


def _card(out: str, licence: str | None) -> Iterator[str]:
    """Write the card, unless it is there; without a licence there is none yet."""
    from factory.errors import BadInput
    from pipelines.dataset_card.card import settled_card

    try:
        yield f"card           {settled_card(out, licence)}"
    except BadInput as error:
        yield f"no card yet    {error}"


class _Teller:
    """Progress on stderr: on a terminal one line that changes, otherwise a line now and then."""

    def __init__(self) -> None:
        self._said = 0.0
        self._live = sys.stderr.isatty()

    def __call__(self, line: str) -> None:
        now = time.monotonic()
        if self._live:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        elif now - self._said >= _EVERY_S:
            print(line, file=sys.stderr)
        else:
            return
        self._said = now

    def close(self) -> None:
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
