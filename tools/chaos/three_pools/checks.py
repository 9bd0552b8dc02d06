"""Conditions on a run with several models: its records, its stats, its status, the card of its export. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from factory.records.role_costs import AMOUNTS, Entry, summed
from factory.text.markdown import code
from factory.types import POLICY
from pipelines.dataset_card.public_manifest import last

_PER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Model that has to stand behind a role.

    * `engine`: beginning of the engine's name.
    * `model`, `revision`: as records name them; "" where the engine cannot know its revision.
    * `prompt_price`, `completion_price`: money per million tokens.
    """

    engine: str
    model: str
    revision: str
    prompt_price: float = 0.0
    completion_price: float = 0.0

    def is_behind(self, entry: Entry) -> bool:
        """Return whether an entry of `cost.roles` names this model."""
        named = (entry["model"], entry["revision"] or "") == (self.model, self.revision)
        return named and str(entry["engine"]).startswith(self.engine)

    def money(self, entry: Entry) -> float:
        """Return what the tokens of an entry cost."""
        return (self.prompt_price * entry["prompt_tokens"] + self.completion_price * entry["completion_tokens"]) / _PER


def record_faults(rows: Sequence[Mapping[str, Any]], questions: int, roles: Mapping[str, Expected]) -> list[str]:
    """Return what is wrong with the records of a run, one line each.

    Args:
      rows: records, in which a scorer was asked about every solution and a judge about every answer.
      questions: questions that were asked.
      roles: model behind each role.
    """
    ids = {row["question_id"] for row in rows}
    lines = [f"{len(rows)} records of {len(ids)} questions; expected one of each of {questions}"]
    wrong = lines if not len(rows) == len(ids) == questions else []
    return [*wrong, *(f"{row['question_id']}: {line}" for row in rows for line in _row_faults(row, roles))]


def _row_faults(row: Mapping[str, Any], roles: Mapping[str, Expected]) -> Iterator[str]:
    """Yield what is wrong with one record."""
    if row["status"] != "ok":
        yield f"status is {row['status']} ({row['failure']}); expected ok"
        return
    cost = row["cost"]
    names = [entry["role"] for entry in cost["roles"] or ()]
    entries = {entry["role"]: entry for entry in cost["roles"] or ()}
    if sorted(names) != sorted(roles):
        yield f"cost.roles has {', '.join(names) or 'nobody'}; expected {', '.join(roles)}, each once"
        return
    for role, expected in roles.items():
        entry = entries[role]
        if not expected.is_behind(entry):
            yield f"{role} is {entry['engine']}, {entry['model']}, {entry['revision']}; expected {expected}"
        if entry["calls"] < 1 or entry["prompt_tokens"] < 1:
            yield f"{role} has {entry['calls']} calls and read {entry['prompt_tokens']} tokens; expected some of both"
        if not math.isclose(entry["money"], expected.money(entry), abs_tol=1e-12):
            yield f"{role} asked {entry['money']} in money; expected {expected.money(entry)}"
    if not math.isclose(cost["money"], sum(entry["money"] for entry in entries.values()), abs_tol=1e-12):
        yield f"cost.money is {cost['money']}; expected the sum of its roles"
    # Calls by role are those that the record counts elsewhere: of the scorer, one for each of its solutions.
    counted = {POLICY: cost["policy_calls"], "judge": cost["judge_calls"], "prm": len(row["solutions"])}
    for role, calls in counted.items():
        if entries[role]["calls"] != calls:
            yield f"{role} has {entries[role]['calls']} calls; expected {calls}, as the record counts them"
    policy = entries[POLICY]
    for solution in row["solutions"]:
        made_by = (solution["engine"], solution["model"], solution["model_revision"])
        if made_by != (policy["engine"], policy["model"], policy["revision"]):
            yield f"a solution was made by {made_by}; expected the policy"


def totals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of all records, added up by role and model."""
    return summed(chain.from_iterable(row["cost"]["roles"] or () for row in rows))


def stats_faults(stats: Mapping[str, Any], entries: Sequence[Entry]) -> list[str]:
    """Return what `stats.json` says otherwise than the records, whose sums are `entries`."""
    wrong = []
    if not stats.get("complete"):
        wrong.append("stats.json does not say that the run is complete")
    said = {entry["role"]: entry for entry in stats.get("roles") or ()}
    for entry in entries:
        role = entry["role"]
        ours = said.get(role)
        if ours is None or any(ours[name] != entry[name] for name in ("engine", "model", "revision")):
            wrong.append(f"stats.json has {ours} for {role}; expected {entry}")
        elif not all(math.isclose(ours[name], entry[name]) for name in AMOUNTS):
            wrong.append(f"stats.json has {ours} for {role}; the records add up to {entry}")
    if not math.isclose(stats.get("money") or 0.0, sum(entry["money"] for entry in entries)):
        wrong.append(f"stats.json has {stats.get('money')} in money; expected the sum of the roles")
    return wrong


def text_faults(status: str, card: str, entries: Sequence[Entry]) -> list[str]:
    """Return for which roles the lines of `factory status`, or a card, lack the model, its calls, or its money.

    Args:
      status: lines of `factory status`.
      card: the export's card, as Markdown.
      entries: sums of the records.
    """
    wrong = []
    for entry in entries:
        money = [f"{entry['money']:,.4f}"] if entry["money"] else []
        who = [entry[name] for name in ("model", "revision", "engine") if entry[name]]
        in_status = [f"{entry['calls']:,} calls", f"{entry['prompt_tokens']:,} tokens read", *money, *who]
        # A card names no folders of its maker's.
        shown = [last(one) if one.startswith("/") else one for one in who]
        in_card = [f"| {entry['calls']:,} |", f"| {entry['prompt_tokens']:,} |", *money, *map(code, shown)]
        if not _has_line(status, entry["role"], in_status):
            wrong.append(f"`factory status` has no line of {entry['role']} with {', '.join(in_status)}")
        if not _has_line(card, f"| {code(entry['role'])} |", in_card):
            wrong.append(f"the card has no line of {entry['role']} with {', '.join(in_card)}")
    return wrong


def _has_line(text: str, beginning: str, parts: Sequence[str]) -> bool:
    """Return whether a line begins like that, blanks aside, and has all these parts."""
    lines = (line.strip() for line in text.splitlines())
    return any(line.startswith(beginning) and all(part in line for part in parts) for line in lines)


def kill_faults(killed: int, successor: int, units_then: int, in_flight: int, units: int) -> list[str]:
    """Return why a kill does not show what it has to.

    Args:
      killed: process id of the scorer that was killed; 0 for none.
      successor: that of the one in its place; 0 for none.
      units_then: units committed at the kill.
      in_flight: units under way at a time.
      units: units of the run.
    """
    wrong = []
    if not killed:
        wrong.append("no scorer was killed")
    elif units_then + in_flight >= units:
        wrong.append(f"the scorer was killed when {units_then} of {units} units were done; expected some not begun")
    if killed and not successor:
        wrong.append("no other scorer was seen in the place of the killed one")
    return wrong
