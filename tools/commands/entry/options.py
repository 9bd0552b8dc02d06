"""Arguments that several commands share, and how their examples are shown."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

RunDir = Annotated[str, typer.Argument(help="A folder made by `factory run` or `factory import`; may be s3://….")]
OtherDir = Annotated[str, typer.Argument(help="Another one.")]
Overrides = Annotated[list[str] | None, typer.Argument(help="section.key=value, as many as you like.")]
Json = Annotated[bool, typer.Option("--json", help="As one JSON object on stdout, and nothing else there.")]
Config = Annotated[str, typer.Argument(help="YAML file; pipelines/ has some.")]


def examples(*lines: str) -> str:
    """Return commands as the end of a `--help`: a line each."""
    # typer makes paragraphs of what stands between empty lines, and reads rich's markup in it.
    return "\n\n".join(["Examples:", *map(escape, lines)])
