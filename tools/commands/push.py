"""`factory push`: what is asked on the command line, told to `pipelines/hub/push.py`, and what came of it in lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.hub.push import PushOptions

EXAMPLES = (
    "Examples: factory push exports/mine me/my-data --licence cc-by-4.0 --language en --tag v1 · "
    "factory push exports/mine me/my-data --create-pr"
)


def push_command(
    out_dir: Annotated[str, typer.Argument(metavar="OUT", help="A folder made by `factory export`.")],
    repo_id: Annotated[str, typer.Argument(help="The data set on the Hub: OWNER/NAME.")],
    private: Annotated[
        bool | None, typer.Option("--private/--public", help="Of a new one: private if not said.")
    ] = None,
    revision: Annotated[str, typer.Option(help="The branch to push to; made from main if need be.")] = "main",
    create_pr: Annotated[bool, typer.Option("--create-pr", help="Propose it as a pull request.")] = False,
    tag: Annotated[str | None, typer.Option(help="Mark what was pushed.")] = None,
    licence: Annotated[str | None, typer.Option(help="For the card, such as cc-by-4.0; or other.")] = None,
    licence_name: Annotated[str | None, typer.Option(help="Of --licence other: its name.")] = None,
    licence_link: Annotated[str | None, typer.Option(metavar="URL", help="Of --licence other: its text.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="For the card: en, deu, pt-BR; may be repeated.")
    ] = None,
    with_report: Annotated[
        bool, typer.Option("--with-report", help="Also decontamination.*, which hold the benchmarks' questions.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where the branch holds other configs, or somebody's files.")
    ] = False,
    replace_card: Annotated[
        bool, typer.Option("--replace-card", help="Also a card on the Hub that somebody wrote or edited.")
    ] = False,
) -> None:
    """Push an export to the Hugging Face Hub; after a break, the same command goes on."""
    from factory.text.safe_text import safe
    from pipelines.hub.push import PushOptions

    options = PushOptions(
        private=private,
        revision=revision,
        create_pr=create_pr,
        tag=tag,
        licence=licence,
        licence_name=licence_name,
        licence_link=licence_link,
        languages=tuple(language or ()),
        with_report=with_report,
        replace=replace,
        replace_card=replace_card,
    )
    for line in push_lines(out_dir, repo_id, options):
        print(safe(line))


def push_lines(out_dir: str | Path, repo_id: str, options: PushOptions) -> Iterator[str]:
    """Push, telling how it goes on stderr; then what was done and where to look. Raises what `push` raises."""
    from huggingface_hub.utils import disable_progress_bars

    from factory.text.safe_text import safe
    from pipelines.hub.push import push

    if not sys.stderr.isatty():
        disable_progress_bars()
    done = push(out_dir, repo_id, options, say=lambda line: print(safe(line), file=sys.stderr))
    if done.files or done.removed:
        removed = f", {done.removed} old ones removed" if done.removed else ""
        yield f"{done.files} files, {done.n_bytes / 1e6:,.1f} MB{removed}"
    else:
        yield "nothing to push: all of it is there"
    yield f"commit         {done.commit}{f', tagged {options.tag}' if options.tag else ''}"
    yield f"look           {done.url}"
