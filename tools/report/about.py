"""Head of the page: what the run is in a sentence, its state, its most important figures, its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tools.report.blocks import MONEY, SHARE, short, shown
from tools.report.commands import command, folder_of

Figures = Mapping[str, Any]


def title(figures: Figures) -> str:
    """Return the name of the folder, also where it was given as "." or ".."."""
    folder = str(figures["about"]["folder"])
    whole = folder if "://" in folder else os.path.abspath(folder)
    return whole.rstrip("/").rpartition("/")[2] or folder


def made(figures: Figures) -> str:
    """Return when the figures were made."""
    return f"{datetime.fromisoformat(figures['made']).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def sentence(figures: Figures) -> str:
    """Return what the run is: model, method, prompt, checker, cost."""
    about, total = figures["about"], figures["yields"]["total"]
    if about["kind"] == "import":
        return f"{total['questions']:,} lines imported from {about['format']}, with {total['solutions']:,} solutions."
    if about["kind"] == "merge":
        return f"{total['questions']:,} questions of {about['of']}, merged, with {total['solutions']:,} solutions."
    if about["kind"] != "run":
        return f"{total['questions']:,} questions with {total['solutions']:,} solutions; no config says what made them."
    search, checker, labeller = (about[key] for key in ("search", "checker", "supervision"))
    amounts = ", ".join(
        f"{key} = {value}" for key, value in search["settings"].items() if isinstance(value, int | float)
    )
    labels = "without step labels" if labeller["name"] == "none" else f"with step labels by {labeller['name']}"
    others = "".join(f", {role} {model}" for role, model in about["models"].items())
    pipeline = "" if about["pipeline"] == "label_steps" else f"pipeline {about['pipeline']}: "
    runs = figures["read"]["parts"]
    asked = f"{total['questions']:,} questions" + f" in {len(runs):,} runs" * (len(runs) > 1)
    spent = figures["spending"]
    cost = [f"{short(figures['costs']['total']['completion_tokens'])} sampled tokens"]
    cost += [f"{spent['gpu_hours_total']:,.2f} GPU-hours"] * bool(spent["gpu_hours"])
    cost += [f"{shown(spent['money'], MONEY)} in money"] * bool(spent["money"])
    said = (
        f"{pipeline}{about['model']} ({about['engine']['name']}{others}) answers {asked} from "
        f"{about['source']['name']} by {search['name']}{f' ({amounts})' if amounts else ''}, with the prompt "
        f"{about['prompt']['template']}, checked by {checker['name']}, {labels}, for {', '.join(cost)}."
    )
    return said[:1].upper() + said[1:] if pipeline else said


def notices(figures: Figures) -> list[str]:
    """Return what a reader has to know before the figures: the run is under way, objects could not be read."""
    state, read = figures["state"], figures["read"]
    said = []
    if state["driver"] == "alive":
        said.append(f"The run is under way: this is what it had committed by {made(figures)}.")
    elif state["complete"] is False:
        said.append(
            f"The run is not complete{_missing(state, read)}. Go on with: {command('resume', folder_of(figures))}"
        )
    if read["unreadable"]:
        shown_first = "; ".join(read["unreadable"][:3])
        said.append(
            f"{len(read['unreadable']):,} objects could not be read and are not in these figures: {shown_first}"
            f"{'; …' * (len(read['unreadable']) > 3)}. {command('validate', folder_of(figures))} names them all."
        )
    if len(read["parts"]) > 1:
        said.append(
            f"{len(read['parts']):,} runs lie within this folder. Accuracy and accepted solutions are given for each "
            "of them; all other figures are sums, in which a question or text of several runs counts in each. "
            f"One of them alone: {command('report', folder_of(figures, read['parts'][0]), 'OUT.html')}"
        )
    said += [f"{notice.rstrip('.')}." for notice in read["notices"][:3]]
    if more := read["notices"][3:]:
        said.append(f"And {len(more):,} more of the kind.")
    return said


def _missing(state: Mapping[str, Any], read: Mapping[str, Any]) -> str:
    """Return what a run lacks that is not complete; "" where only its pipeline knows."""
    expected, short_units = state["expected"], state["short_units"]
    if expected is not None and read["questions"] < expected:
        return f": {read['questions']:,} of {expected:,} questions"
    return f": {short_units:,} units hold less than is asked for by now" * bool(short_units)


Tile = tuple[str, str, str]
"""Figure at the head of the page: value, name, and what stands below in small."""


def tiles(figures: Figures) -> list[Tile]:
    """Return the most important figures."""
    total, state, runs = figures["yields"]["total"], figures["state"], len(figures["read"]["parts"])
    if runs > 1:
        return [
            (f"{runs:,}", "runs", "each with rows of its own below"),
            *_progress(figures),
            (short(total["questions"]), "questions", "of all runs; one of several counts in each"),
            (
                short(total["solutions"] - total["given"]),
                "solution texts",
                "of all runs; one of several counts in each",
            ),
            *_located(total),
            (short(figures["costs"]["total"]["completion_tokens"]), "sampled tokens", "in all runs together"),
            *_spent(figures["spending"]),
        ]
    by_source = figures["accuracy"]["by_source"]
    samples, right = (sum(row[key] for row in by_source) for key in ("samples", "right"))
    judged = total["correct"] + total["incorrect"]
    expected = f"of {short(state['expected'])}" if state["complete"] is False and state["expected"] is not None else ""
    made = [
        (short(total["questions"]), "questions", expected or f"{short(total['failed'])} failed"),
        (short(total["solutions"]), "solution texts", f"{short(total['written'])} samples and rollouts"),
    ]
    if samples:
        made.append((shown(right / samples, SHARE), "of samples right", f"{short(samples)} independent samples"))
    elif judged:
        made.append((shown(total["correct"] / judged, SHARE), "of judged right", f"{short(judged)} judged"))
    return [*made, *_located(total), *_accepted(figures), *_spent(figures["spending"])]


def _progress(figures: Figures) -> list[Tile]:
    """Return how far rounds have come: the last point of the first curve of shares, and its first one."""
    lines = [
        (curve["x"], label, points)
        for curve in figures["curves"]
        if curve["shares"] and figures["about"].get("pipeline") != "compare_methods"
        for label, points in curve["lines"].items()
        if points
    ]
    if not lines:
        return []
    x, label, points = lines[0]
    (begin, before, _), (end, now, _) = points[0], points[-1]
    below = f"{x}: {end:g}" + f"; {before:.1%} at {begin:g}" * (end > begin)
    return [(shown(now, SHARE), label, below)]


def _located(total: Mapping[str, Any]) -> list[Tile]:
    """Return how many first errors are located, and in which texts."""
    if not total["first_errors"]:
        return []
    others = total["first_errors"] - total["wrong_located"]
    below = f"in {short(total['wrong_located'])} of {short(total['incorrect'])} wrong texts"
    return [
        (short(total["first_errors"]), "first errors located", below + f", in {short(others)} others" * (others > 0))
    ]


def _accepted(figures: Figures) -> list[Tile]:
    """Return how many solutions are accepted, and for how many tokens each."""
    accepted, tokens = figures["yields"]["total"]["accepted"], figures["costs"]["total"]["completion_tokens"]
    made = [(short(accepted), "accepted solutions", "right, or first error located")]
    if accepted:
        made.append((short(tokens / accepted), "tokens per accepted", f"{short(tokens)} in all"))
    return made


def _spent(spending: Mapping[str, Any]) -> list[Tile]:
    """Return GPU-hours and money, where there are any."""
    made = []
    if spending["gpu_hours"]:
        each = spending["gpu_seconds_per_accepted"]
        below = "in all" if each is None else f"{each:,.2f} GPU-s per accepted"
        made.append((f"{spending['gpu_hours_total']:,.1f}", "GPU-hours", below))
    if spending["money"]:
        each = spending["money_per_accepted"]
        below = "in all" if each is None else f"{shown(each, MONEY)} per accepted"
        made.append((shown(spending["money"], MONEY), "money", below))
    return made


def settings(figures: Figures) -> list[tuple[str, str]]:
    """Return the settings of the run, by name."""
    about = figures["about"]
    if about["kind"] != "run":
        return []
    named = [(key, about[key]) for key in ("source", "engine", "search", "supervision", "checker")]
    return [
        ("pipeline", str(about["pipeline"])),
        ("model", str(about["model"])),
        *((f"model {role}", model) for role, model in about["models"].items()),
        *((key, f"{value['name']} {_flat(value['settings'])}".strip()) for key, value in named),
        ("prompt", _flat(about["prompt"])),
        ("sampling", _flat(about["sampling"])),
        ("seed", str(about["seed"])),
        ("attempts", str(figures["state"]["attempts"])),
    ]


def _flat(values: Mapping[str, Any]) -> str:
    """Return settings as key=value, those that say nothing left out."""
    return " ".join(
        f"{key}={value}"
        for key, value in values.items()
        if value not in (None, "", [], {}) and not isinstance(value, Mapping)
    )
