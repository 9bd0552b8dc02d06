"""Command `factory`. Wiring only: every command is a function in `tools/commands/`, with its options and examples.

    factory --help
    factory run pipelines/label_steps.yaml source.n=100 run.dir=runs/mine

* Exit status and the one line of a command that fails: `tools/commands/entry/ending.py`.
* Imports of the work stand inside the commands: `--help` takes no time.
* Results go to stdout, progress and messages to stderr.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from tools.commands.compare_methods import EXAMPLES as COMPARE_METHODS
from tools.commands.compare_methods import compare_methods_command
from tools.commands.elsewhere.logs import EXAMPLES as LOGS
from tools.commands.elsewhere.logs import logs_command
from tools.commands.elsewhere.stop import EXAMPLES as STOP
from tools.commands.elsewhere.stop import stop_command
from tools.commands.elsewhere.submit import EXAMPLES as SUBMIT
from tools.commands.elsewhere.submit import submit_command
from tools.commands.elsewhere.watch import EXAMPLES as WATCH
from tools.commands.elsewhere.watch import watch_command
from tools.commands.entry import looking, moving, running
from tools.commands.entry.ending import EXIT_STATUS, ended
from tools.commands.entry.moving import IMPORTED
from tools.commands.export import EXAMPLES as EXPORT
from tools.commands.export import export_command
from tools.commands.push import EXAMPLES as PUSH
from tools.commands.push import push_command
from tools.commands.report import EXAMPLES as REPORT
from tools.commands.report import report_command
from tools.commands.reproduce import EXAMPLES as REPRODUCE
from tools.commands.reproduce import reproduce_command
from tools.viewer.command import EXAMPLES as VIEW
from tools.viewer.command import view_command

__all__ = ["IMPORTED", "app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Self-play data factory: questions in, step-labelled reasoning data out.",
    epilog=EXIT_STATUS,
)
model_app = typer.Typer(no_args_is_help=True, help="Models that come with the factory.")

RUNS, LOOK, DATA = "Runs", "Looking at a run", "Data sets and models"
Command = Callable[..., None]
COMMANDS: tuple[tuple[str, str, Command, str], ...] = (
    ("run", RUNS, running.run_command, running.RUN),
    ("resume", RUNS, running.resume_command, running.RESUME),
    ("plan", RUNS, running.plan_command, running.PLAN),
    ("doctor", RUNS, running.doctor_command, running.DOCTOR),
    ("submit", RUNS, submit_command, SUBMIT),
    ("stop", RUNS, stop_command, STOP),
    ("compare-methods", RUNS, compare_methods_command, COMPARE_METHODS),
    ("status", LOOK, looking.status_command, looking.STATUS),
    ("watch", LOOK, watch_command, WATCH),
    ("logs", LOOK, logs_command, LOGS),
    ("inspect", LOOK, looking.inspect_command, looking.INSPECT),
    ("reproduce", LOOK, reproduce_command, REPRODUCE),
    ("view", LOOK, view_command, VIEW),
    ("report", LOOK, report_command, REPORT),
    ("validate", LOOK, looking.validate_command, looking.VALIDATE),
    ("compare", LOOK, looking.compare_command, looking.COMPARE),
    ("diff", LOOK, looking.diff_command, looking.DIFF),
    ("export", DATA, export_command, EXPORT),
    ("push", DATA, push_command, PUSH),
    ("import", DATA, moving.import_command, moving.IMPORT),
    ("merge", DATA, moving.merge_command, moving.MERGE),
)
"""Commands as they are listed: name, heading, function, examples."""

LOOKS = frozenset(name for name, heading, *_ in COMMANDS if heading == LOOK)

for _name, _heading, _function, _examples in COMMANDS:
    app.command(_name, rich_help_panel=_heading, epilog=_examples)(_function)


@app.callback()
def command(context: typer.Context) -> None:
    """Have the commands under “Looking at a run” give up a store that is down before it becomes a long wait."""
    if context.invoked_subcommand in LOOKS:
        from factory.storage.retries import looking

        context.with_resource(looking())


app.add_typer(model_app, name="model", rich_help_panel=DATA)
model_app.command("fetch", epilog=moving.FETCH)(moving.fetch_command)


def main() -> None:
    """Entry point of the command."""
    raise SystemExit(ended(app))


if __name__ == "__main__":
    main()
