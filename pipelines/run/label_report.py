"""Report of a labelling run: its summary, `stats.json`, and the lines that `factory run` prints at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from factory.records.role_costs import worth_telling
from factory.records.tally import Tally
from factory.shards.commits import Shard
from factory.shards.spool import spooled, waiting
from factory.spending import Spending, accepted, spending_line
from factory.storage.store import Store
from factory.text.durations import clock
from factory.text.safe_text import safe
from factory.types import POLICY
from pipelines.planning.survey import Survey
from pipelines.pools.pool import MODELS, Pool
from pipelines.pools.roles import asked_pools
from pipelines.reporting.look_line import look_line
from pipelines.run.contract import state_of
from pipelines.run.settings import Settings


@dataclass(frozen=True)
class LabelSummary:
    """Result of a labelling run.

    Attributes:
      folder: the run folder.
      complete: False when the run was interrupted, or when units are missing or short.
      survey: counts of the source.
      tally: counts of all committed records, of earlier attempts, too.
      seconds: wall-clock time of this attempt.
      retried: units whose worker died and that were handed out again.
      short: units with questions that hold less than was asked for, as an error stopped them.
      trouble: the last such error.
      kept: finished questions of units that are not finished; they are not worked on again.
      interrupted: True when somebody asked for an end, also where nothing was left to do.
      spending: GPU time and money of all attempts.
      stopped: sentence on the budget that ended it; "" where none did.
    """

    folder: str
    complete: bool
    survey: Survey
    tally: Tally
    seconds: float
    retried: int = 0
    short: int = 0
    trouble: str = ""
    kept: int = 0
    interrupted: bool = False
    spending: Spending = field(default_factory=Spending)
    stopped: str = ""


def starting_line(settings: Settings) -> str:
    """Return which engines a run starts: how many of which kind, and for whom."""
    pools = asked_pools(settings)
    counts = [
        f"{_number(pool)} {pool.engine.name} engine(s)" + f" for {MODELS}.{role}" * (role != POLICY)
        for role, pool in pools.items()
    ]
    return ", ".join(counts)


def _number(pool: Pool) -> str:
    """Return the number of engines of a pool, or its range."""
    return f"{pool.range.least} to {pool.range.most}" if pool.range.is_range else f"{pool.replicas}"


def engine_line(engine: Mapping[str, Any], model: str, role: str = POLICY) -> str:
    """Return what a run says of the engines of a role: what they are, and how much each computes at the same time.

    `engine` holds the facts of one of them; `model` is the one that was asked for.
    """
    sizes = ((engine["max_num_seqs"], "samples at a time"), (engine["max_num_batched_tokens"], "tokens a step"))
    known = [f"up to {size:,} {unit}" for size, unit in sizes if size is not None]
    name = "engine" if role == POLICY else role
    return ", ".join([f"{name} ready: {engine['engine']}", f"model {model}", *known])


def stats_of(summary: LabelSummary) -> dict[str, object]:
    """Return what `stats.json` says of a run, but for the time it took."""
    counts = {"complete": summary.complete, **summary.tally.as_dict(), "question_seconds": summary.tally.seconds}
    # Where nobody counts GPUs or money, it says nothing of them.
    if spending_line(summary.spending, 0) is None:
        return counts
    return {**counts, "spent": {**asdict(summary.spending), "accepted_solutions": accepted(summary.tally)}}


def spent_lines(spending: Spending, tally: Tally) -> list[str]:
    """Return the line of what a run has spent; none where it has used no GPU and nobody asked for money."""
    said = spending_line(spending, accepted(tally))
    return [f"spent          {safe(said)}"] if said else []


def counts_lines(tally: Tally) -> list[str]:
    """Return the counts of a set of records, a line per kind."""
    judged = tally.correct + tally.incorrect
    share = f"{tally.correct / judged:.0%} of judged" if judged else "none judged"
    apart = {
        "unparsable": tally.unparsable,
        "checker time-outs": tally.timeout,
        "checker errors": tally.error,
        "cut off": tally.truncated,
    }
    judged_by = f", {tally.judge_calls:,} verdicts of the model as judge" if tally.judge_calls else ""
    contradicted = f", {tally.contradicted:,} contradicted by their evidence" if tally.contradicted else ""
    named = ", ".join(f"{count:,} {name}" for name, count in apart.items() if count) or "none"
    named += f" ({tally.looping:,} of these in a loop)" if tally.looping else ""
    return [
        f"questions      {tally.questions:,} ({tally.failed:,} failed)",
        f"solutions      {tally.solutions:,}: {tally.correct:,} correct, {tally.incorrect:,} wrong ({share})",
        f"kept apart     {named}",
        f"first errors   {tally.first_errors:,} located{contradicted}",
        *process_lines(tally),
        f"step labels    {tally.labels_right:,} right, {tally.labels_wrong:,} wrong",
        f"cost           {tally.policy_calls:,} rollouts ({tally.label_calls:,} of them for labels), "
        f"{tally.completion_tokens:,} tokens{judged_by}",
        *role_lines(tally),
    ]


def process_lines(tally: Tally) -> list[str]:
    """Return the solutions by answer and process, a line for right and wrong answers each; none without an audit."""
    if not (tally.sound or tally.flawed):
        return []
    return [
        f"{f'{answer} answers':<14} " + ", ".join(f"{count:,} {process}" for process, count in processes.items())
        for answer, processes in tally.processes.items()
    ]


def role_lines(tally: Tally) -> list[str]:
    """Return what each role's model was asked for, a line each, and the money; none where only the policy was asked."""
    if not worth_telling(tally.roles):
        return []
    lines = []
    for entry in tally.roles:
        said = [f"{entry['calls']:,} calls", f"{entry['prompt_tokens']:,} tokens read"]
        if entry["completion_tokens"]:
            said.append(f"{entry['completion_tokens']:,} written")
        if entry["money"]:
            said.append(f"{entry['money']:,.4f} in money")
        who = safe(" ".join(filter(None, (entry["model"], entry["revision"], entry["engine"]))))
        lines.append(f"  {safe(entry['role']):<12} {', '.join(said)}: {who}")
    return [*lines, *([f"money          {tally.money:,.4f}"] if tally.money else [])]


def kept_questions(store: Store, committed: Mapping[str, Shard], unit_size: int) -> int:
    """Return how many finished questions wait in the spool for the rest of their unit.

    Args:
      store: the run folder.
      committed: newest shard of each unit, by unit id, as it was listed.
      unit_size: most questions of a unit.
    """
    objects = spooled(store)
    shards = map(committed.get, {item.unit_id for item in objects})
    return waiting(objects, {shard.unit_id: shard.revision for shard in shards if shard is not None}, unit_size)


def kept_line(kept: int) -> str:
    return f"{kept:,} finished questions of units that are not finished; they are not asked again"


def summary_lines(summary: LabelSummary) -> list[str]:
    """Return the last lines of a run: what there is, where it lies, what to do next."""
    folder = summary.folder
    head = state_of(summary)
    if summary.short:
        head += f". {summary.short:,} units hold questions that an error stopped: {safe(summary.trouble)}"
    lines = [f"run {head} ({clock(summary.seconds)})", *counts_lines(summary.tally)]
    lines += [*spent_lines(summary.spending, summary.tally), f"records        {folder}/data"]
    if summary.kept:
        lines.append(f"kept           {kept_line(summary.kept)}")
    if summary.retried:
        lines.append(f"retried        {summary.retried} units whose worker had died")
    return [
        *lines,
        look_line(str(folder)),
        f"export         factory export {folder} --format prm OUT",
    ]
