"""Command `factory push`: options from the command line to `pipelines/hub/push.py`, and the lines it ends with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tools.commands.entry.json_output import print_json
from tools.commands.entry.options import Json, examples

if TYPE_CHECKING:
    from pipelines.hub.push import Pushed, PushOptions

EXAMPLES = examples(
    "factory push exports/mine me/my-data --licence cc-by-4.0 --language en --tag v1",
    "factory push exports/mine me/my-data --create-pr",
)


# typer makes the options of the parameters, so there is one per option here; `push` gets them as `PushOptions`.
def push_command(
    out_dir: Annotated[str, typer.Argument(metavar="OUT", help="A folder made by `factory export`.")],
    repo_id: Annotated[str, typer.Argument(help="The data set on the Hub: OWNER/NAME.")],
    private: Annotated[
        bool | None, typer.Option("--private/--public", help="For a new data set: private if left out.")
    ] = None,
    revision: Annotated[str, typer.Option(help="Branch to push to; made from main when missing.")] = "main",
    create_pr: Annotated[bool, typer.Option("--create-pr", help="Open a pull request instead.")] = False,
    tag: Annotated[str | None, typer.Option(help="Name for the pushed commit.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence for the card: cc-by-4.0, …, or other.")] = None,
    licence_name: Annotated[str | None, typer.Option(help="Name of the licence, for --licence other.")] = None,
    licence_link: Annotated[
        str | None, typer.Option(metavar="URL", help="Text of the licence, for --licence other.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Language for the card: en, deu, pt-BR; may be repeated.")
    ] = None,
    with_report: Annotated[
        bool, typer.Option("--with-report", help="Push decontamination.*, too; they hold questions of benchmarks.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Push even over other configs or files on the branch.")
    ] = False,
    replace_card: Annotated[
        bool, typer.Option("--replace-card", help="Overwrite a card that a person wrote or edited.")
    ] = False,
    json: Json = False,
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
    done = pushed(out_dir, repo_id, options)
    if json:
        print_json(asdict(done))
        return
    for line in push_lines(done, options):
        print(safe(line))


def pushed(out_dir: str | Path, repo_id: str, options: PushOptions) -> Pushed:
    """Push, with progress on stderr, and return what was done.

    Args:
      out_dir: folder of an export.
      repo_id: data set on the Hub, OWNER/NAME.
      options: options of the push.

    Raises:
      FactoryError: as `push` raises.
    """
    from huggingface_hub.utils import disable_progress_bars

    from factory.text.safe_text import safe
    from pipelines.hub.push import push

    if not sys.stderr.isatty():
        disable_progress_bars()
    return push(out_dir, repo_id, options, say=lambda line: print(safe(line), file=sys.stderr))


def push_lines(done: Pushed, options: PushOptions) -> Iterator[str]:
    """Yield what was done and where to look."""
    if done.files or done.removed:
        removed = f", {done.removed} old ones removed" if done.removed else ""
        yield f"{done.files} files, {done.n_bytes / 1e6:,.1f} MB{removed}"
    else:
        yield "nothing to push: all of it is there"
    yield f"commit         {done.commit}{f', tagged {options.tag}' if options.tag else ''}"
    yield f"look           {done.url}"
