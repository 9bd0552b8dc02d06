"""Progress of a run on stderr: a live line on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from factory.records.example import Example
from factory.records.tally import Tally
from factory.text.durations import clock
from factory.text.safe_text import safe
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import fullness
from pipelines.planning.survey import left_out_lines
from pipelines.run.listener import Listener, Outlook
from tools.commands.inspect import MARKS
from tools.commands.progress.terminal import is_live
from tools.commands.progress.time_left import TimeLeft

# Seconds between two plain lines, at first and after `LATER_S`: a log of weeks should be one that can be read.
PLAIN_EVERY_S, LATER_EVERY_S, LATER_S = 5.0, 60.0, 600.0


class Display(Listener):
    """Listener that shows questions, rollouts/s, tokens/s, the share correct, the time left and the first labels."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._live = is_live(self._console.file)
        self._bar: Bar | None = None
        self._task = TaskID(0)
        self._outlook: Outlook | None = None
        self._left = TimeLeft(0)
        self._exemplified = False
        self._shown = -PLAIN_EVERY_S

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(Text(line))

    def begin(self, outlook: Outlook) -> None:
        """Print what a run is about to do, and what it skips."""
        # The stage before may have left its bar.
        self.close()
        self._outlook, self._left = outlook, TimeLeft(outlook.questions, outlook.least)
        self.say(
            f"{outlook.survey.questions:,} questions in {outlook.units:,} units, {outlook.committed:,} committed before"
            + f", {outlook.again:,} to be taken up again" * bool(outlook.again)
            + f" → {outlook.folder}"
        )
        for line in left_out_lines(outlook.survey):
            self.say(safe(line))

    def progress(self, progress: Progress) -> None:
        """Show the state of a run, and once its first labelled question."""
        if progress.example is not None and not self._exemplified:
            # Long before all is done a person sees what comes out.
            self._exemplified = True
            for text in example_lines(progress.example):
                self._console.print(text, soft_wrap=True)
        line = self.line(progress)
        if self._live:
            self._draw(progress, line)
        elif time.monotonic() - self._shown >= plain_every_s(progress.seconds):
            self._shown = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def training(self, report: Mapping[str, float]) -> None:
        """Show the state of a fine-tuning."""
        self.close()
        if self._live:
            self._console.print(Text(training_line(report)), end="\r")
        elif time.monotonic() - self._shown >= PLAIN_EVERY_S:
            self._shown = time.monotonic()
            print(training_line(report), file=sys.stderr, flush=True)

    def _draw(self, progress: Progress, line: str) -> None:
        assert self._outlook is not None
        if self._bar is None:
            columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"))
            self._bar = Bar(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=self._outlook.questions)
            self._bar.start()
        done = progress.done.questions + progress.underway.questions
        # The bar itself says how many questions.
        self._bar.update(self._task, completed=done, description=escape(line.partition(" · ")[2]))

    def line(self, progress: Progress) -> str:
        """Return the state of a run as one line."""
        assert self._outlook is not None
        total = Tally()
        total.add(progress.done)
        total.add(progress.underway)
        seconds = max(progress.seconds, 1e-3)
        share = total.share_correct
        self._look(progress, total)
        parts = [
            f"questions {total.questions:,}" + f"/{self._outlook.questions:,}" * bool(self._outlook.questions),
            f"units {self._outlook.committed + progress.units}/{self._outlook.units}",
            f"{total.policy_calls / seconds:,.1f} rollouts/s",
            f"{total.completion_tokens / seconds:,.0f} tokens/s",
            f"correct {share:.0%}" if share is not None else "correct –",
            f"ETA {self._left.text()}",
        ]
        if total.money:
            parts.append(f"money {total.money:,.{2 if total.money >= 1 else 4}f}")
        if full := fullness(progress.engines):
            parts.append(full)
        if progress.done.failed:
            parts.append(f"failed {progress.done.failed:,}")
        if progress.stopping:
            parts.append(f"stopping: waiting for {progress.in_flight} units, Ctrl-C again stops at once")
        return " · ".join(parts)

    def _look(self, progress: Progress, total: Tally) -> None:
        """Have the time left be estimated anew."""
        assert self._outlook is not None
        # Once some are back, those that run are half done; before that, they have only begun.
        half = sum(engine.running for engine in progress.engines) / 2 if total.policy_calls else 0.0
        # What a finished question takes is known of those in committed units; before that, its samples at least.
        done = progress.done
        each = done.policy_calls / done.questions if done.questions else self._outlook.least
        begun = progress.underway.policy_calls - progress.underway.questions * each
        self._left.look(
            progress.seconds,
            finished=total.questions,
            begun=progress.unfinished,
            rollouts=total.policy_calls + half,
            begun_rollouts=max(0.0, begun) + half,
        )

    def close(self) -> None:
        """Take the bar off the terminal. Safe to call twice."""
        if self._bar:
            self._bar.stop()
            self._bar = None


def plain_every_s(seconds: float) -> float:
    """Return the seconds between two plain lines of a run that has gone on for so many."""
    return PLAIN_EVERY_S if seconds < LATER_S else LATER_EVERY_S


def example_lines(example: Example) -> list[Text]:
    """Return a labelled solution as a few lines that are safe to print."""
    lines = [Text(f"first labelled question: {_one_line(example.question)}", style="bold")]
    for index, step in enumerate(example.steps):
        mark, colour = MARKS[step.label]
        line = Text(f"  {mark} {step.n_successes:>3}/{step.n_trials:<3} ", style=colour)
        line.append(_one_line(step.text), style="default")
        if index == example.first_error:
            line.append("   ← first error", style="bold red")
        lines.append(line)
    more = example.n_steps - len(example.steps)
    answer = _one_line(example.final_answer or "none")
    lines.append(
        Text(f"  … {more:,} more steps" * bool(more) + f"  answer {answer}, gold {_one_line(example.gold_answer)}")
    )
    lines.append(Text("  (✓ right so far, ✗ wrong from here on, ? not sure; rollouts that came out right / made)"))
    return lines


def _one_line(text: str) -> str:
    """Return a text by others as one harmless line."""
    return " ".join(safe(text).split())


def training_line(report: Mapping[str, float]) -> str:
    """Return the state of a fine-tuning as one line, from its trainer's reports so far."""
    if "loss" not in report:
        return f"training on {report['examples']:,.0f} examples" if "examples" in report else "training"
    step, steps, speed = report["step"], report.get("total_steps", 0), report.get("tokens_per_second", 0)
    parts = [f"training step {step:,.0f}/{steps:,.0f}", f"loss {report['loss']:.3f}", f"{speed:,.0f} tokens/s"]
    if speed and step:
        parts.append(f"ETA {clock((steps - step) * report['tokens'] / step / speed)}")
    return " · ".join(parts)
