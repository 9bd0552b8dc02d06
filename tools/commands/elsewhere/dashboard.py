"""Dashboard of a run: lines for a terminal of any size, or one line for a log. Pure: no clock, no terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from factory.text.safe_text import safe
from pipelines.driving.engine_figures import EngineFigures, fullness
from pipelines.watching.look import Look, driver_said

FOOTER = "q quits; the run goes on"
# Widest bar, in characters; types of failures that are named.
BAR, TYPES = 40, 5
_COLOURS = {"complete": "bold green", "running": "bold cyan", "stopping": "bold yellow"}


def dashboard(look: Look, eta: str, width: int, height: int) -> list[Text]:
    """Return the lines that show a run; on a small terminal the more important ones.

    Args:
      look: state of the run.
      eta: time left, as a person reads it; "" where there is no estimate.
      width: characters of a line; what does not fit ends in an ellipsis.
      height: lines, the footer included.
    """
    # The most important ones first, so that those at the end can be left out.
    lines = all_lines(look, eta, width)[: max(1, height - 1)]
    if height > 1:
        lines.append(Text(FOOTER, style="dim"))
    for line in lines:
        line.no_wrap = True
        line.truncate(max(1, width), overflow="ellipsis")
    return lines


def all_lines(look: Look, eta: str, width: int) -> list[Text]:
    """Return all lines that show a run, of any length: the most important ones first."""
    shown = look.part or look
    head = Text(f"{look.stage}  ", style=_COLOURS.get(look.stage, "bold red"))
    head.append(_line(look.folder), style="default")
    lines = [head]
    # What stands in the way.
    for trouble in dict.fromkeys(filter(None, (look.trouble, shown.trouble))):
        lines.append(Text(_line(trouble), style="red"))
    if look.phase:
        lines.append(Text(_line(look.phase), style="bold"))
    # How far it is.
    if shown.questions is not None:
        lines.append(bar(*shown.questions, width))
    if speed := _speed(shown, eta):
        lines.append(Text(speed))
    lines += [Text(line) for line in _yields(shown)]
    if shown.failures:
        lines.append(Text(_failures(shown), style="red"))
    # Who works.
    lines.append(Text(f"driver {_line(driver_said(look.driver))}"))
    lines += [Text(line) for line in engine_rows(shown)]
    lines += [Text(line) for line in _cost(look, shown)]
    # What it says.
    said = [one for one in dict.fromkeys((shown.said, look.said)) if one]
    lines += [Text(f"said   {_line(one)}", style="dim") for one in said[:1]]
    warnings = shown.warnings or look.warnings
    return [*lines, *[Text(f"! {_line(warning)}", style="yellow") for warning in reversed(warnings)]]


def bar(done: int, whole: int, width: int) -> Text:
    """Return a bar with how many questions are finished, of how many."""
    share = min(1.0, done / whole) if whole else 0.0
    said = f" {done:,}/{whole:,} questions {share:.0%}"
    cells = max(0, min(BAR, width - len(said)))
    full = round(cells * share)
    text = Text("━" * full, style="green")
    text.append("─" * (cells - full), style="dim")
    return text.append(said if cells else said.strip(), style="default")


def plain_line(look: Look, eta: str) -> str:
    """Return a run in one line, for a log."""
    shown = look.part or look
    counts = shown.counts
    parts: list[str | None] = [look.stage, look.phase]
    if shown.questions is not None:
        parts.append("questions {:,}/{:,}".format(*shown.questions))
    if counts.share_correct is not None:
        parts.append(f"correct {counts.share_correct:.0%}")
    parts += [_speed(shown, eta), fullness(shown.engines) if shown.live is not None else None]
    if failed := sum(shown.failures.values()):
        parts.append(f"failed {failed:,}")
    # What somebody should look at ends the line.
    parts += [look.trouble or shown.trouble]
    return _line(" · ".join(filter(None, parts)))


def _speed(look: Look, eta: str) -> str:
    """Return time left and speeds; "" where nothing is known."""
    live = look.live
    parts = [f"ETA {eta}" * bool(eta)]
    if look.rates is not None:
        parts.append("{:,.1f} rollouts/s · {:,.0f} tokens/s".format(*look.rates))
    if live is not None:
        parts.append(f"{live.unfinished:,} under way")
        parts.append(f"{live.retried:,} units done again" * bool(live.retried))
    return " · ".join(filter(None, parts))


def _yields(look: Look) -> list[str]:
    """Return what the solutions are: right and wrong, first errors, flawed, and those that nobody can judge."""
    counts = look.counts
    # Of questions under way, verdicts are known before their solutions are counted.
    if not (counts.solutions or counts.correct or counts.incorrect):
        return []
    share = f" ({counts.share_correct:.0%} right)" if counts.share_correct is not None else ""
    judged = f"right {counts.correct:,} · wrong {counts.incorrect:,}{share}"
    named = {
        "first errors": counts.first_errors,
        "flawed": counts.flawed,
        "contradicted": counts.contradicted,
        "unparsable": counts.unparsable,
        "cut off": counts.truncated,
        "time-outs": counts.timeout,
        "checker errors": counts.error,
    }
    apart = " · ".join(f"{name} {count:,}" for name, count in named.items() if count)
    return [judged, *([apart] if apart else [])]


def _failures(look: Look) -> str:
    """Return how many questions failed, by type, and the last error."""
    kinds = sorted(look.failures.items(), key=lambda kind: -kind[1])
    named = ", ".join(f"{_line(kind)} {count:,}" for kind, count in kinds[:TYPES])
    more = f" and {len(kinds) - TYPES} other types" * (len(kinds) > TYPES)
    return f"failed {sum(look.failures.values()):,}: {named}{more}"


def engine_rows(look: Look) -> list[str]:
    """Return a line for the engines of each role: how full they are now, and how busy they have been."""
    rows = []
    for role, name in look.engine_names.items():
        engines: Sequence[EngineFigures] = [one for one in look.engines if one.role == role]
        slots = sum(one.slots * one.seconds for one in engines)
        busy = f" · {sum(one.slot_seconds for one in engines) / slots:.0%} busy so far" if slots else ""
        now = fullness(engines) if look.live is not None else None
        said = f"{now.removeprefix('engines ')}{busy}" if now else busy.removeprefix(" · ") or "nothing known"
        rows.append(f"{_line(role)}: {len(engines)} × {_line(name)}, {said}")
    return rows


def _cost(look: Look, shown: Look) -> list[str]:
    """Return what it has cost so far: calls, tokens, GPU-hours, money."""
    counts = shown.counts
    parts = [f"{counts.policy_calls:,} rollouts, {counts.completion_tokens:,} tokens"] * bool(counts.policy_calls)
    if hours := sum(shown.spent.values()):
        parts.append(f"{hours:,.2f} GPU-hours")
    if money := look.money or shown.money:
        parts.append(f"{money:,.4f} in money")
    return [f"cost   {' · '.join(parts)}"] if parts else []


def _line(text: str) -> str:
    """Return a text by others as one line that cannot steer the terminal."""
    return " ".join(safe(text[:2000]).split())
