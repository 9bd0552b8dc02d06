"""Command `factory plan`: what a config would do, without starting anything.

With `--nodes` it plans for a cluster that is not there: who goes where, memory, questions per hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.text import Text

from cluster.connect import connected, free_of_cluster, nodes_of_cluster, nodes_of_this_machine
from cluster.estimate import Estimate, estimate, estimate_lines
from cluster.inventory import nodes_from, placement_lines
from cluster.plan import Placement, PlannedNode, held_by_others, placement
from factory.config import parse_yaml
from factory.errors import BadInput
from factory.rollouts.prompting import load_prompt, render
from factory.text.safe_text import safe
from pipelines.planning.loads import loads_of
from pipelines.planning.plan import sizes_of
from pipelines.planning.ranges import at_most
from pipelines.planning.screening import screening
from pipelines.planning.survey import Survey, as_before, left_out_lines, surveyed, usable
from pipelines.pools.engines import demands_of
from pipelines.pools.keys import missing_keys
from pipelines.pools.roles import check_roles, idle_pools
from pipelines.run.run_folder import store_of
from pipelines.run.session import check_model, check_prompt
from pipelines.run.settings import Settings, dump


def show_plan(settings: Settings, console: Console, nodes: str | None = None) -> dict[str, Any]:
    """Print config, first prompt, units, and actors against resources.

    Args:
      settings: the validated config.
      console: where it is printed.
      nodes: nodes of a cluster that is not there (`cluster/inventory.py`); None looks at this machine, or at the
        cluster that the config joins.

    Returns:
      What was printed, as JSON values.

    Raises:
      BadInput: a run would refuse it too, or it does not fit on `nodes`.
    """
    # Refuses a place that cannot hold a run.
    store_of(settings)
    check_roles(settings)
    pipeline = settings.definition
    there = nodes_from(nodes) if nodes is not None else None
    if there and not pipeline.asks_a_model:
        raise BadInput(f"--nodes says where engines go, and pipeline {settings.pipeline} has none. Leave --nodes out.")
    console.print(Text("config", style="bold"))
    console.print(Text(safe(dump(settings).rstrip())))
    outline = pipeline.outline(settings)
    questions = 0
    figures: dict[str, Any] = {
        "folder": settings.run.dir,
        "config": parse_yaml(dump(settings), "config"),
        "outline": outline,
    }
    if pipeline.asks_a_model:
        # A pipeline of several runs looks at all their prompts itself.
        check_model(settings)
        remarks = [*idle_pools(settings), *missing_keys(settings), *check_prompt(settings)]
        remarks = [remark for remark in remarks if remark not in outline]
        asked = _show_questions(settings, console, remarks)
        questions = asked["questions"]
        figures |= {**asked, "remarks": remarks}
    for line in outline:
        console.print(Text(safe(line)), soft_wrap=True)
    if pipeline.asks_a_model:
        figures |= _show_actors(settings, console, there, questions)
    if there and figures["problems"]:
        raise BadInput(figures["problems"][0])
    console.print(Text(f"\nstart it: factory run with the same arguments → {settings.run.dir}"))
    return figures


def _show_questions(settings: Settings, console: Console, remarks: list[str]) -> dict[str, Any]:
    """Print the first prompt and the amount of work, and return them as JSON values."""
    # Read the source as a run would.
    template = load_prompt(settings.prompt.template, settings.prompt.style)
    survey = Survey()
    with screening(settings) as screen:
        for _ in surveyed(settings, screen, survey):
            pass
    # Show the first prompt and the amount of work.
    first = next(usable(settings, as_before(survey)))
    console.print(Text(f"\nfirst prompt (id {template.id})", style="bold"))
    prompt = render(template, first)
    console.print(Text(safe(prompt if isinstance(prompt, str) else "\n".join(f"[{r}] {c}" for r, c in prompt))))
    for remark in remarks:
        console.print(Text(safe(remark), style="yellow"), soft_wrap=True)
    sizes = sizes_of(settings)
    units = sizes.units(survey.questions)
    size = str(sizes.first) if sizes.most == sizes.first else f"{sizes.first} and more, up to {sizes.most}"
    console.print(Text("\nwork", style="bold"))
    console.print(Text(f"{survey.questions:,} questions in {units:,} units of {size}"))
    console.print(
        Text(f"skipped: {len(survey.bad_golds):,} gold answers that do not verify, {survey.duplicates:,} doubles")
    )
    for line in left_out_lines(survey):
        console.print(Text(safe(line)))
    return {
        "prompt": {"id": template.id, "first": prompt},
        "questions": survey.questions,
        "units": units,
        "unit_size": {"first": sizes.first, "most": sizes.most},
        "skipped": {
            "bad_golds": len(survey.bad_golds),
            "duplicates": survey.duplicates,
            "renamed": survey.renamed,
        },
    }


def _show_actors(
    settings: Settings, console: Console, there: Sequence[PlannedNode] | None, questions: int
) -> dict[str, Any]:
    """Print the actors, the nodes, who goes where, and what they would make; return it as JSON values.

    Args:
      settings: the validated config.
      console: where it is printed.
      there: nodes to plan for; None for those that a run would have.
      questions: number of questions of the source.
    """
    nodes, free = (there, there) if there else _nodes_of(settings)
    wanted, most = demands_of(settings, nodes=nodes), at_most(settings, nodes)
    console.print(Text("\nactors", style="bold"))
    for demand, grown in zip(wanted, most, strict=True):
        where = "each" if demand.nodes == 1 else f"on each of {demand.nodes} nodes"
        number = " to ".join(dict.fromkeys([str(demand.count), str(grown.count)]))
        console.print(Text(f"{number:>4} × {demand.role:<16} {demand.cpus:g} CPUs, {demand.gpus:g} GPUs {where}"))
    cpus, gpus = sum(node.cpus for node in nodes), sum(node.gpus for node in nodes)
    console.print(Text(f"there are {cpus:g} CPUs and {gpus:g} GPUs on {len(nodes)} nodes"))

    # A range is shown at both of its ends.
    made = placement(wanted, nodes)
    lines, expected = _places(settings, made, nodes, questions, named=bool(there))
    remarks = [held_by_others(wanted, nodes, free), *made.remarks]
    problems = [*filter(None, [made.why]), *expected.problems]
    if most != [replace(demand, least=demand.count) for demand in wanted] and not problems:
        grown_to = placement(most, nodes)
        more, _ = _places(settings, grown_to, nodes, questions, named=bool(there))
        room = ", ".join(f"{grown_to.count(demand.role)} of {demand.count} {demand.role}s" for demand in most)
        lines = ["with the least numbers:", *lines, f"with the most, there is room for {room}:", *more]
        remarks += grown_to.remarks
    for line in lines:
        console.print(Text(safe(line)), soft_wrap=True)
    for remark in dict.fromkeys(filter(None, remarks)):
        console.print(Text(safe(remark), style="yellow"), soft_wrap=True)
    # What does not fit on nodes that were named is the error that the command ends with.
    for problem in problems[bool(there) :] or ["it fits"] * (not problems):
        console.print(Text(safe(problem), style="red" if problems else "green"), soft_wrap=True)
    return {
        "actors": [
            {**asdict(demand), "most": grown.count, "placed": made.count(demand.role)}
            for demand, grown in zip(wanted, most, strict=True)
        ],
        "nodes": len(nodes),
        "cpus": cpus,
        "gpus": gpus,
        "questions_per_hour": expected.questions_per_hour,
        "memory": expected.memory,
        "sources": expected.sources,
        "cluster_remarks": list(dict.fromkeys(filter(None, remarks))),
        "problems": problems,
        "fits": not problems,
    }


def _places(
    settings: Settings, made: Placement, nodes: Sequence[PlannedNode], questions: int, *, named: bool
) -> tuple[list[str], Estimate]:
    """Return who goes where and what they would make as lines, and the estimate behind these.

    Args:
      settings: the validated config.
      made: places of the actors.
      nodes: the nodes that these were made for.
      questions: number of questions of the source.
      named: True of nodes that the user has named.
    """
    # A machine by itself needs no list of who goes where, and engines without GPUs no estimate.
    lines = placement_lines(made, nodes) if named or len(nodes) > 1 else []
    expected = estimate(loads_of(settings, made, nodes))
    demands = demands_of(settings, nodes=nodes)
    if named or any(demand.gpus for demand in demands):
        taken = sum(demand.gpus * demand.nodes * made.count(demand.role) for demand in demands)
        gpus = sum(node.gpus for node in nodes)
        lines += [f"engines take {taken:g} of {gpus:g} GPUs"] if gpus else []
        lines += estimate_lines(expected, questions)
    return lines, expected


def _nodes_of(settings: Settings) -> tuple[Sequence[PlannedNode], Sequence[PlannedNode]]:
    """Return the nodes that a run would have, and what nobody holds of them."""
    if settings.cluster.address == "local":
        nodes = nodes_of_this_machine()
        return nodes, nodes
    with connected(settings.cluster.address):
        return nodes_of_cluster(), free_of_cluster()
