"""Parts on what the run took: cost by role and per accepted solution, throughput over time, use of engines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tools.report.blocks import (
    MONEY,
    NUMBER,
    READY,
    SECONDS,
    SHARE,
    TEXT,
    Chart,
    Column,
    Part,
    Table,
    shown,
    those_with,
)

Figures = Mapping[str, Any]


def costs(figures: Figures) -> Part:
    """Return calls, tokens, GPU-hours and money, in all and per accepted solution."""
    total, spending, rows = figures["costs"]["total"], figures["spending"], figures["costs"]["by_role"]
    accepted = spending["accepted"]
    per = [
        ("completions", total["policy_calls"]),
        ("of them for labels", total["label_calls"]),
        ("sampled tokens", total["completion_tokens"]),
        ("prompt tokens", total["prompt_tokens"]),
        ("seconds on questions", total["seconds"]),
        ("GPU-seconds", 3600 * spending["gpu_hours_total"]),
        ("money", spending["money"]),
    ]
    table = [
        {
            "what": name,
            "all": shown(amount, MONEY if name == "money" else NUMBER),
            "each": shown(amount / accepted, MONEY) if accepted else None,
        }
        for name, amount in per
        if amount
    ]
    return Part(
        anchor="cost",
        title="Cost",
        lead=_cost_lead(total, spending),
        tables=[
            Table(
                caption="In all" + (f", and for each of the {accepted:,} accepted solutions" if accepted else ""),
                columns=[
                    Column(name="what", key="what", kind=TEXT),
                    Column(name="in all", key="all", kind=READY),
                    *[Column(name="per accepted solution", key="each", kind=READY)] * bool(accepted),
                ],
                rows=table,
            ),
            *[_cost_by_folder(figures)] * (len(figures["read"]["parts"]) > 1),
            Table(
                caption="By role and the model behind it",
                columns=those_with(
                    [
                        *(Column(name=name, key=name, kind=TEXT) for name in ("role", "model", "engine", "revision")),
                        Column(name="calls", key="calls"),
                        Column(name="tokens read", key="prompt_tokens"),
                        Column(name="of them cached", key="cached_tokens"),
                        Column(name="tokens written", key="completion_tokens"),
                        Column(name="money", key="money", kind=MONEY),
                    ],
                    rows,
                ),
                rows=rows,
            ),
        ],
        remarks=_cost_remarks(figures["about"], spending),
    )


def _cost_by_folder(figures: Figures) -> Table:
    """Return what each run has cost, and for how many accepted solutions."""
    accepted = {row["part"]: row["accepted"] for row in figures["yields"]["by_part"]}
    rows = [
        {
            **row,
            "accepted": accepted[row["part"]],
            "each": row["completion_tokens"] / accepted[row["part"]] if accepted[row["part"]] else None,
        }
        for row in figures["costs"]["by_part"]
    ]
    columns = [
        Column(name="folder", key="part", kind=TEXT),
        Column(name="completions", key="policy_calls"),
        Column(name="tokens written", key="completion_tokens"),
        Column(name="seconds on questions", key="seconds"),
        Column(name="money", key="money", kind=MONEY),
        Column(name="accepted", key="accepted"),
        Column(name="tokens per accepted", key="each"),
    ]
    return Table(caption="By folder", columns=those_with(columns, rows), rows=rows)


def _cost_remarks(about: Mapping[str, Any], spending: Mapping[str, Any]) -> list[str]:
    """Return what is not among the costs."""
    remarks = []
    if not spending["gpu_hours"]:
        remarks.append("No engine and no trainer of this run has held a GPU, or none said so: there are no GPU-hours.")
    if spending["trainings"]:
        remarks.append(
            "GPU-hours are those of engines since they were up, and of the "
            f"{spending['trainings']:,} finished trainings from begin to end; what was cut short is not counted."
        )
    elif spending["trainings"] is None and about["kind"] == "run":
        remarks.append("GPU-hours are those of engines alone: what trainers have held cannot be said here.")
    if not spending["money"]:
        remarks.append("Nobody asked for money: set prices per token (models.ROLE.engine) or cluster.gpu_hour_price.")
    return remarks


def _cost_lead(total: Mapping[str, Any], spending: Mapping[str, Any]) -> str:
    said = [f"{total['policy_calls']:,} completions with {total['completion_tokens']:,} sampled tokens"]
    if spending["gpu_hours"]:
        by_role = ", ".join(f"{role} {hours:,.2f}" for role, hours in spending["gpu_hours"].items())
        said.append(f"{spending['gpu_hours_total']:,.2f} GPU-hours ({by_role})")
    if spending["money"]:
        said.append(f"{shown(spending['money'], MONEY)} in money")
    return ", ".join(said) + "."


def throughput(figures: Figures) -> Part | None:
    """Return questions and tokens over time, and the use of engines; None where no record says when it was made."""
    timeline, engines = figures["timeline"], figures["engines"]
    if not timeline["rows"] and not engines["rows"]:
        return None
    charts = [*_over_time(timeline), *_use_over_time(engines["history"])]
    took = timeline["last"] - timeline["first"] if timeline["rows"] else 0
    lead = (
        f"The first and the last record were made {shown(took, SECONDS)} apart, "
        f"from {datetime.fromtimestamp(timeline['first'], UTC):%Y-%m-%d %H:%M} UTC on."
        if timeline["rows"]
        else "No record says when it was made."
    )
    return Part(
        anchor="throughput",
        title="Throughput and engines",
        lead=lead,
        charts=charts,
        tables=[_engine_table(engines["rows"])] if engines["rows"] else [],
        remarks=[] if engines["rows"] else ["No attempt has kept figures of its engines here."],
    )


def _over_time(timeline: Mapping[str, Any]) -> list[Chart]:
    """Return the charts of questions and tokens over time; none for a single period."""
    period = timeline["period_s"]
    same_day = bool(timeline["rows"]) and timeline["last"] - timeline["first"] < 20 * 3600
    rows = [
        {
            **row,
            "at": f"{datetime.fromtimestamp(row['begins'], UTC):{'%H:%M' if same_day else '%m-%d %H:%M'}}",
            "tokens_per_s": row["tokens"] / period,
        }
        for row in timeline["rows"]
    ]
    at = Column(name="from (UTC)", key="at", kind=TEXT)
    if len(rows) < 2:
        return []
    number, unit = (period // 60, "minute") if period < 7200 else (period // 3600, "hour")
    long = f"{number} {unit}{'s' * (number > 1)}"
    return [
        Chart(
            title="Questions finished",
            caption=f"Records by when they were made, in periods of {long}.",
            table=Table(
                caption="Questions by period",
                columns=[at, Column(name="questions", key="questions", series="series-1")],
                rows=rows,
            ),
            y="questions",
        ),
        Chart(
            title="Sampled tokens per second",
            caption="Tokens of the questions that were finished in each period: a question that took long "
            "counts where it ended.",
            table=Table(
                caption="Tokens by period",
                columns=[
                    at,
                    Column(name="tokens/s", key="tokens_per_s", series="series-3"),
                    Column(name="tokens", key="tokens"),
                    Column(name="completions", key="calls"),
                ],
                rows=rows,
            ),
            kind="lines",
            y="tokens/s",
        ),
    ]


def _engine_table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        caption="Engines by attempt and role",
        columns=those_with(
            [
                Column(name="folder", key="part", kind=TEXT),
                Column(name="attempt", key="attempt"),
                Column(name="role", key="role", kind=TEXT),
                Column(name="engine", key="engine", kind=TEXT),
                Column(name="engines", key="engines"),
                Column(name="busy", key="busy", kind=SHARE),
                Column(name="tokens/s", key="tokens_per_s"),
                Column(name="prompt tokens cached", key="cache_hit_rate", kind=SHARE),
                Column(name="up, all together", key="seconds", kind=SECONDS),
                Column(name="silent", key="silent_seconds", kind=SECONDS),
                Column(name="preemptions", key="preemptions"),
                Column(name="restarts", key="restarts"),
            ],
            rows,
        ),
        rows=rows,
    )


def _use_over_time(history: list[dict[str, Any]]) -> list[Chart]:
    """Return the chart of how full the engines were; none where no attempt kept a history."""
    roles = list(dict.fromkeys(point["role"] for point in history))
    if not roles:
        return []
    by_time: dict[float, dict[str, Any]] = {}
    for point in history:
        at = f"{datetime.fromtimestamp(float(point['at']), UTC):%m-%d %H:%M:%S}"
        by_time.setdefault(point["at"], {"at": at})[f"busy {point['role']}"] = point["busy"]
    columns = [
        Column(name=f"{role} busy", key=f"busy {role}", kind=SHARE, series=f"series-{index % 8 + 1}")
        for index, role in enumerate(roles)
    ]
    return [
        Chart(
            title="Use of the engines",
            caption="Share of the engines' slots that were busy since the point before, by role, over all attempts.",
            table=Table(
                caption="Busy share by time",
                columns=[Column(name="until (UTC)", key="at", kind=TEXT), *columns],
                rows=list(by_time.values()),
            ),
            kind="lines",
        )
    ]
