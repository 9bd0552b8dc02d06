"""Command `factory compare-methods`: from options on the command line to pipeline `compare_methods`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tools.commands.entry.options import Json, examples

EXAMPLES = examples(
    "factory compare-methods pipelines/label_steps.yaml source.n=166 run.dir=runs/compared "
    "--method 'majority: sample n=8' --method 'weighted: best_of_n n=8 select=weighted'",
    "factory compare-methods pipelines/label_steps.yaml --method 'majority: sample' --method 'cool: sample "
    "sampling.temperature=0.3' --amounts 1,2,4,8,16",
)

Config = Annotated[Path, typer.Argument(help="YAML file: model, questions, prompt, models of other roles.")]
Overrides = Annotated[list[str] | None, typer.Argument(help="section.key=value, such as run.dir=DIR.")]
Method = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        "-m",
        metavar="'NAME: METHOD key=value …'",
        help="A search method with its keys; sampling.* and prompt.* may differ, too. May be repeated; the first is "
        "what the others are held against. A config may name methods in its section compare.",
    ),
]
Tokens = Annotated[
    int | None, typer.Option(min=1, help="Sampled tokens per question; by default what the reference spends.")
]
Amounts = Annotated[
    str | None,
    typer.Option(
        metavar="1,2,4,8",
        help="Run every method with each of these amounts (its n, width, …) instead: accuracy against tokens.",
    ),
]
AsGiven = Annotated[
    bool, typer.Option("--as-given", help="Keep the amounts as they are given; tokens are as equal as these make them.")
]
Questions = Annotated[
    int | None, typer.Option(min=1, help="Questions to compare on, behind the pilot's; by default all.")
]
Pilot = Annotated[int | None, typer.Option(min=0, help="First questions, on which amounts are chosen; by default 16.")]
Reference = Annotated[str | None, typer.Option(help="Method that the others are held against; by default the first.")]
ScoredWeight = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="What a token that a reward model reads counts, a sampled one being 1. By default 0: they are shown "
        "apart, as reading is to sampling what the prompt is, which is not counted either. 1 counts forward passes.",
    ),
]


# typer makes the options of the parameters, so there is one per option here.
def compare_methods_command(
    config: Config,
    overrides: Overrides = None,
    method: Method = None,
    tokens: Tokens = None,
    amounts: Amounts = None,
    as_given: AsGiven = False,
    questions: Questions = None,
    pilot: Pilot = None,
    reference: Reference = None,
    scored_weight: ScoredWeight = None,
    json: Json = False,
) -> None:
    """Compare search methods on the same questions at an equal budget of tokens.

    Each method's amount is chosen on a few pilot questions, then all answer the others, on the same engines.

    A table, a plot and JSON say how often each is right, with standard errors and paired differences, and what it cost.

    In a folder that holds the comparison only what is missing is done, such as one more method.
    """
    from pipelines.method_comparison.methods import entries
    from pipelines.method_comparison.request import requested
    from tools.commands.run import run_settings

    options: dict[str, Any] = {
        "tokens": tokens,
        "amounts": None if amounts is None else _numbers(amounts),
        "as_given": as_given or None,
        "questions": questions,
        "pilot": pilot,
        "reference": reference,
        "scored_weight": scored_weight,
    }
    given = {key: value for key, value in options.items() if value is not None}
    run_settings(requested(config, overrides or [], entries(method or []), given), as_json=json)


def _numbers(text: str) -> list[int]:
    """Return the whole numbers in a text such as "1,2,4". Raises `BadInput`."""
    from factory.errors import BadInput

    try:
        return [int(number) for number in text.split(",")]
    except ValueError:
        raise BadInput(f"--amounts is {text!r}. Expected whole numbers with commas between, such as 1,2,4,8.") from None
