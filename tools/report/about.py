"""Head of the page: what the run is in a sentence, its state, its most important figures, its settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tools.report.blocks import MONEY, SHARE, short, shown

Figures = Mapping[str, Any]


def title(figures: Figures) -> str:
    """Return the name of the folder."""
    return str(figures["about"]["folder"]).rstrip("/").rpartition("/")[2] or str(figures["about"]["folder"])


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
    spent = figures["spending"]
    cost = [f"{short(figures['costs']['total']['completion_tokens'])} sampled tokens"]
    cost += [f"{spent['gpu_hours_total']:,.2f} GPU-hours"] * bool(spent["gpu_hours"])
    cost += [f"{shown(spent['money'], MONEY)} in money"] * bool(spent["money"])
    said = (
        f"{pipeline}{about['model']} ({about['engine']['name']}{others}) answers {total['questions']:,} questions from "
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
            f"The run is not complete: {read['questions']:,} of {state['expected']:,} questions. "
            f"Go on with: factory resume {figures['about']['folder']}"
        )
    if read["unreadable"]:
        shown_first = "; ".join(read["unreadable"][:3])
        said.append(
            f"{len(read['unreadable']):,} objects could not be read and are not in these figures: {shown_first}"
            f"{'; …' * (len(read['unreadable']) > 3)}. factory validate {figures['about']['folder']} names them all."
        )
    return said


def tiles(figures: Figures) -> list[tuple[str, str, str]]:
    """Return the most important figures: value, name, and what stands below in small."""
    total, spending, state = figures["yields"]["total"], figures["spending"], figures["state"]
    cost = figures["costs"]["total"]
    by_source = figures["accuracy"]["by_source"]
    samples, right = (sum(row[key] for row in by_source) for key in ("samples", "right"))
    judged = total["correct"] + total["incorrect"]
    accepted = spending["accepted"]
    expected = f"of {short(state['expected'])}" if state["complete"] is False else ""
    made = [
        (short(total["questions"]), "questions", expected or f"{short(total['failed'])} failed"),
        (short(total["solutions"]), "solution texts", f"{short(total['written'])} samples and rollouts"),
    ]
    if samples:
        made.append((shown(right / samples, SHARE), "of samples right", f"{short(samples)} independent samples"))
    elif judged:
        made.append((shown(total["correct"] / judged, SHARE), "of judged right", f"{short(judged)} judged"))
    if total["first_errors"]:
        made.append(
            (short(total["first_errors"]), "first errors located", f"in {short(total['incorrect'])} wrong texts")
        )
    made.append((short(accepted), "accepted solutions", "right, or first error located"))
    if accepted:
        made.append(
            (
                short(cost["completion_tokens"] / accepted),
                "tokens per accepted",
                f"{short(cost['completion_tokens'])} in all",
            )
        )
    if spending["gpu_hours"]:
        hours = spending["gpu_hours_total"]
        made.append(
            (f"{hours:,.1f}", "GPU-hours", f"{spending['gpu_seconds_per_accepted'] or 0:,.2f} GPU-s per accepted")
        )
    if spending["money"]:
        made.append(
            (
                shown(spending["money"], MONEY),
                "money",
                f"{shown(spending['money_per_accepted'] or 0, MONEY)} per accepted",
            )
        )
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
