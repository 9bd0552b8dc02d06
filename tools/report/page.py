"""Page of a run's figures: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.report import about, curves, effort, labels, outcomes, troubles
from tools.report.commands import command, folder_of
from tools.web.static_files import CHARTS_SCRIPT, ECHARTS, SORTING_SCRIPT, THEME_SCRIPT, THEME_STYLE
from tools.web.templates import Inlined, environment

PARTS = (
    curves.curves,
    outcomes.yields,
    outcomes.accuracy,
    labels.labels,
    labels.confidence,
    labels.sources,
    effort.costs,
    effort.throughput,
    troubles.failures,
    troubles.slowest,
)
"""Makers of the page's parts, in order; each returns None where the run has nothing of it."""
SCRIPTS = (SORTING_SCRIPT, ECHARTS, CHARTS_SCRIPT)


def page_of(figures: Mapping[str, Any]) -> str:
    """Return the page for figures as `pipelines.reporting.figures.figures_of` makes them."""
    scripts = dict.fromkeys((THEME_SCRIPT, *SCRIPTS), "tools.web")
    inlined = Inlined(scripts, {THEME_STYLE: "tools.web", "report.css": "tools.report"})
    made = environment("tools.report")
    made.globals |= {"command": command, "folder": folder_of(figures)}
    template = made.get_template("report.html.j2")
    return template.render(
        inlined=inlined,
        first_script=THEME_SCRIPT,
        scripts=SCRIPTS,
        title=about.title(figures),
        made=about.made(figures),
        sentence=about.sentence(figures),
        notices=about.notices(figures),
        tiles=about.tiles(figures),
        settings=about.settings(figures),
        parts=[part for make in PARTS if (part := make(figures)) is not None],
        figures=figures,
    )
