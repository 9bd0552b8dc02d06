"""Command `factory export`: from options on the command line to `pipelines/export/export.py`, and its last lines."""

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
from tools.commands.entry.json_output import print_json
from tools.commands.entry.options import Json, examples
from tools.commands.progress.terminal import is_live

if TYPE_CHECKING:
    from factory.decontamination.contamination import MatchSettings
    from factory.export.split import Split
    from pipelines.export.export import Exported, ExportOptions

SHARE = typer.Option(min=0, max=1, help="Share of the questions, by a hash of their text and the seed.")
FORMATS = names_in("factory.formats")
COUNT = {"min": 0, "show_default": False}
EXAMPLES = examples(
    "factory export runs/mine exports/mine --format sft --format prm",
    "factory export runs/star exports/star -f sft --per-question 4 --validation .02 --test .02",
    "factory export runs/a s3://bucket/runs/b OUT -f prm --min-confidence .9 --balance --decontaminate gsm8k.jsonl",
)
_EVERY_S = 1.0


Format = Annotated[
    list[str],
    typer.Option(
        "--format", "-f", help=f"{', '.join(FORMATS)}; may be repeated.", autocompletion=lambda: list(FORMATS)
    ),
]
Folders = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN_DIR… OUT",
        help="Folders made by `factory run` or `factory import` (of a STaR folder, the runs its training data come "
        "from), then a new folder to write to. All may be s3://….",
    ),
]
Verdicts = Annotated[
    list[str] | None, typer.Option(help="correct, incorrect, unparsable, timeout, error; may be repeated.")
]
MinConfidence = Annotated[float, typer.Option(min=0, max=1, help="Step labels less sure than this count as unknown.")]
Agree = Annotated[
    str,
    typer.Option(
        help="posterior: step labels as the run gave them. drop_step, drop_solution: those of steps, or of solutions "
        "on whose first error, rollouts and critics agree."
    ),
]
Hinted = Annotated[str, typer.Option(help="Solutions written with the answer known: none, any or only.")]
Flawed = Annotated[
    str, typer.Option(help="Right answers with a wrong step, as an audit found it, as texts to learn: none or any.")
]
Rounds = Annotated[list[int] | None, typer.Option(help="Rounds of training; may be repeated.")]
MinChars = Annotated[int, typer.Option(help="Least characters of a solution.", **COUNT)]
MaxChars = Annotated[int, typer.Option(help="Most characters of a solution.", **COUNT)]
MinSteps = Annotated[int, typer.Option(help="Least steps of a solution.", **COUNT)]
MaxSteps = Annotated[int, typer.Option(help="Most steps of a solution.", **COUNT)]
PerQuestion = Annotated[
    int, typer.Option(help="Most solutions of a question over all runs, counting those a format can use.", **COUNT)
]
Balance = Annotated[bool, typer.Option("--balance", help="Take as many right as wrong solutions of every question.")]
WithoutReasoning = Annotated[
    bool, typer.Option("--without-reasoning", help="Leave out what models thought aloud; answers alone.")
]
Seed = Annotated[int, typer.Option(help="Seed of splits and draws.")]
NearDuplicates = Annotated[str, typer.Option(help="How questions that repeat others are found: exact or minhash.")]
Similarity = Annotated[float, typer.Option(min=0.7, max=1, help="With minhash: least similarity of the words.")]
Decontaminate = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE[:COLUMN]|hf:NAME[:CONFIG][:SPLIT][:COLUMN]",
        help="Drop questions found in this benchmark: a .jsonl, .json, .csv or .parquet file, a folder or glob of "
        "them, or a data set of the Hub (split test if not given; NAME::SPLIT:COLUMN without a config). May be "
        "repeated.",
    ),
]
OverlapNgram = Annotated[int, typer.Option(min=1, help="Words in a row that count as common with a benchmark.")]
Overlap = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Share of a benchmark's question that these cover; 0: one is enough, whatever the numbers."
    ),
]
Reworded = Annotated[float, typer.Option(min=0.01, max=1, help="Least score of a reworded question.")]
KeepReworded = Annotated[bool, typer.Option("--keep-reworded", help="Only list reworded questions.")]
ShardMb = Annotated[int, typer.Option(min=1, help="Megabytes per file, about.")]
Licence = Annotated[str | None, typer.Option(help="Licence of the data set, for its card, such as cc-by-4.0.")]
Processes = Annotated[int | None, typer.Option(min=1, help="Processes; by default one per CPU, up to 4.")]


# typer makes the options of the parameters, so there is one per option here; `export` gets them as `ExportOptions`.
def export_command(
    folders: Folders,
    format: Format,
    verdict: Verdicts = None,
    min_confidence: MinConfidence = 0.0,
    agree: Agree = "posterior",
    hinted: Hinted = "none",
    flawed: Flawed = "none",
    round: Rounds = None,
    min_chars: MinChars = 0,
    max_chars: MaxChars = 0,
    min_steps: MinSteps = 0,
    max_steps: MaxSteps = 0,
    per_question: PerQuestion = 0,
    balance: Balance = False,
    without_reasoning: WithoutReasoning = False,
    validation: Annotated[float, SHARE] = 0.0,
    test: Annotated[float, SHARE] = 0.0,
    seed: Seed = 0,
    near_duplicates: NearDuplicates = "exact",
    similarity: Similarity = 0.8,
    decontaminate: Decontaminate = None,
    overlap_ngram: OverlapNgram = 13,
    overlap: Overlap = 0.5,
    reworded: Reworded = 0.6,
    keep_reworded: KeepReworded = False,
    shard_mb: ShardMb = 384,
    licence: Licence = None,
    processes: Processes = None,
    json: Json = False,
) -> None:
    """Write flat views of runs for trainers and data hubs: a data set to load or push."""
    from factory.export.filter import Filter
    from pipelines.export.export import ExportOptions

    lengths = {"min_characters": min_chars, "max_characters": max_chars, "min_steps": min_steps, "max_steps": max_steps}
    options = ExportOptions(
        formats=tuple(format),
        filter=Filter(
            verdicts=tuple(verdict or ()),
            min_confidence=min_confidence,
            agree=agree,
            hinted=hinted,
            flawed=flawed,
            rounds=tuple(round or ()),
            **lengths,
            per_question=per_question,
            balance=balance,
            seed=seed,
            without_reasoning=without_reasoning,
        ),
        split=_split(validation, test, seed),
        near_duplicates=near_duplicates,
        similarity=similarity,
        decontaminate=tuple(decontaminate or ()),
        matching=_matching(overlap_ngram, overlap, reworded),
        keep_reworded=keep_reworded,
        shard_mb=shard_mb,
    )
    _export(folders, options, licence, processes, as_json=json)


def _split(validation: float, test: float, seed: int) -> Split:
    """Return the shares of the splits."""
    from factory.export.split import Split

    return Split(validation=validation, test=test, seed=seed)


def _matching(ngram: int, coverage: float, reworded: float) -> MatchSettings:
    """Return what counts as a match with a benchmark's question."""
    from factory.decontamination.contamination import MatchSettings

    return MatchSettings(ngram=ngram, coverage=coverage, reworded=reworded)


def _check(folders: list[str], licence: str | None) -> None:
    """Raise `BadInput` for mistakes that must be told before the work, not after it."""
    from factory.errors import BadInput
    from pipelines.dataset_card.licence import licence_fields

    if len(folders) < 2:
        raise BadInput(f"got {folders[0]!r} alone. Expected at least one RUN_DIR, and OUT behind it.")
    licence_fields(licence)


def _export(
    folders: list[str], options: ExportOptions, licence: str | None, processes: int | None, *, as_json: bool
) -> None:
    """Export, with progress on stderr, and print what was written."""
    from factory.text.safe_text import safe
    from pipelines.export.export import export

    _check(folders, licence)
    *runs, out = folders
    command = shlex.join(["factory", *sys.argv[1:]])
    with closing(_Teller()) as tell:
        done = export(runs, out, options, say=tell, processes=processes, command=command)
    if as_json:
        print_json({"out": done.out, "there": done.there, "card": _card(out, licence)[0], **done.manifest})
        return
    for line in chain(summary_lines(done), _card(out, licence)[1]):
        print(safe(line))


def summary_lines(done: Exported) -> Iterator[str]:
    """Yield rows by config and split, what was dropped and why, where it is, and what to do next."""
    # Rows.
    if done.there:
        yield "this very export is there already:"
    configs = done.manifest["configs"]
    for name, config in configs.items():
        for split, part in config["splits"].items():
            labels = ", ".join(f"{n:,} {label}" for label, n in part["labels"].items())
            size = f"{part['bytes'] / 1e6:,.1f} MB in {len(part['files'])} files"
            yield f"{name + ' ' + split:<26} {part['rows']:>12,} rows, {size}{f' ({labels})' * bool(labels)}"
    for name in done.manifest["options"]["formats"]:
        if name not in configs:
            yield f"{name:<26} no rows"
    for what, n in done.manifest["dropped"].items():
        yield f"dropped                    {n:>12,} {what}"
    # Where it is, and what to do with it.
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
    """Return the Python that loads a config of the export."""
    return _load_files(done, name) if "://" in done.out else f'datasets.load_dataset("{done.out}", "{name}")'


def _load_files(done: Exported, name: str) -> str:
    """Return the Python that loads a format's files by name.

    `datasets` knows no configs on S3, and none of JSON lines beside Parquet.
    """
    if "://" not in done.out:
        return f'datasets.load_dataset("{done.out}", data_dir="data/{name}")'
    config = done.manifest["configs"][name]
    reader = "parquet" if config["suffix"] == ".parquet" else "json"
    files = ", ".join(f'"{one}": "{done.out}/data/{name}/{one}-*{config["suffix"]}"' for one in config["splits"])
    return f'datasets.load_dataset("{reader}", data_files={{{files}}}, storage_options=…)'


def _card(out: str, licence: str | None) -> tuple[str | None, list[str]]:
    """Write the card, unless it is there, and return where, and the line that says so; None while it has no licence."""
    from factory.errors import BadInput
    from pipelines.dataset_card.card import settled_card

    try:
        card = settled_card(out, licence)
    except BadInput as error:
        return None, [f"no card yet    {error}"]
    return str(card), [f"card           {card}"]


class _Teller:
    """Progress on stderr: on a terminal one line that changes, otherwise a line now and then."""

    def __init__(self) -> None:
        self._said = 0.0
        self._live = is_live(sys.stderr)

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
