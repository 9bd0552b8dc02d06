"""Command `factory plan`: what a config would do, without starting anything."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from cluster.connect import connected, nodes_of_cluster, nodes_of_this_machine
from cluster.plan import shortfall
from factory.rollouts.prompting import load_prompt, render
from factory.text.safe_text import safe
from pipelines.planning.screening import screening
from pipelines.planning.survey import Survey, as_before, left_out_lines, surveyed, usable
from pipelines.pools.engines import demands_of
from pipelines.pools.keys import missing_keys
from pipelines.pools.roles import check_roles, idle_pools
from pipelines.run.run_folder import store_of
from pipelines.run.session import check_model, check_prompt
from pipelines.run.settings import Settings, dump


def show_plan(settings: Settings, console: Console) -> None:
    """Print config, first prompt, units, and actors against resources. Raises `BadInput` where a run would."""
    # Refuses a place that cannot hold a run.
    store_of(settings)
    check_roles(settings)
    console.print(Text("config", style="bold"))
    console.print(Text(safe(dump(settings).rstrip())))
    pipeline = settings.definition
    outline = pipeline.outline(settings)
    if pipeline.asks_a_model:
        # A pipeline of several runs looks at all their prompts itself.
        check_model(settings)
        remarks = [*idle_pools(settings), *missing_keys(settings), *check_prompt(settings)]
        remarks = [remark for remark in remarks if remark not in outline]
        _show_questions(settings, console, remarks)
    for line in outline:
        console.print(Text(safe(line)), soft_wrap=True)
    if pipeline.asks_a_model:
        _show_actors(settings, console)
    console.print(Text(f"\nstart it: factory run with the same arguments → {settings.run.dir}"))


def _show_questions(settings: Settings, console: Console, remarks: list[str]) -> None:
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
    units = -(-survey.questions // settings.run.unit_size)
    console.print(Text("\nwork", style="bold"))
    console.print(Text(f"{survey.questions:,} questions in {units:,} units of {settings.run.unit_size}"))
    console.print(
        Text(f"skipped: {len(survey.bad_golds):,} gold answers that do not verify, {survey.duplicates:,} doubles")
    )
    for line in left_out_lines(survey):
        console.print(Text(safe(line)))


def _show_actors(settings: Settings, console: Console) -> None:
    wanted = demands_of(settings)
    console.print(Text("\nactors", style="bold"))
    for demand in wanted:
        console.print(Text(f"{demand.count:>4} × {demand.role:<16} {demand.cpus:g} CPUs, {demand.gpus:g} GPUs each"))
    if settings.cluster.address == "local":
        nodes = nodes_of_this_machine()
    else:
        with connected(settings.cluster.address):
            nodes = nodes_of_cluster()
    cpus, gpus = sum(node.cpus for node in nodes), sum(node.gpus for node in nodes)
    console.print(Text(f"there are {cpus:g} CPUs and {gpus:g} GPUs on {len(nodes)} nodes"))
    problem = shortfall(wanted, nodes)
    console.print(Text(problem or "it fits", style="red" if problem else "green"))
