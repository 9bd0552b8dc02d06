"""Command `factory view`: options from the command line to `tools/viewer/serve.py`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from tools.commands.entry.options import RunDir, examples
from tools.commands.run import out

EXAMPLES = examples("factory view runs/mine", "factory view s3://bucket/run --annotate --port 8700")


def view_command(
    run_dir: RunDir,
    annotate: Annotated[
        bool, typer.Option("--annotate", help="Let you say where a label is wrong; kept beside the run.")
    ] = False,
    person: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Your name in annotations; your login if left out.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of this machine; any free one if left out.")] = 0,
    at: Annotated[
        str,
        typer.Option(metavar="PLACE", help="Where the page opens; its `Copy view command` gives the whole command."),
    ] = "",
) -> None:
    """Look through a run in the browser: filters, search trees, steps and why they are called wrong. Ctrl-C ends it.

    The page is served to this machine only, under an address with a secret; from another one through ssh -L
    PORT:127.0.0.1:PORT HOST.
    """
    from tools.viewer.serve import view

    name = _person(person) if annotate or person else None
    # Without rich's wrapping: the address has to stay one word.
    view(
        run_dir,
        port=port,
        person=name,
        at=at.removeprefix("#"),
        say=lambda line: out().print(Text(line), soft_wrap=True),
    )


def _person(given: str | None) -> str:
    """Return who annotates. Raises `BadInput` for a name that is none."""
    import getpass

    from factory.annotations.annotation import NAME
    from factory.errors import BadInput

    try:
        name = " ".join((given if given is not None else getpass.getuser()).split())
    except (OSError, KeyError):
        # A container's user often has no entry.
        raise BadInput("your login has no name. Expected --as NAME, which annotations are kept under.") from None
    if not 1 <= len(name) <= NAME or not name.isprintable():
        raise BadInput(
            f"--as holds {len(name)} characters, or some that cannot be shown. Expected 1 to {NAME} of them."
        )
    return name
