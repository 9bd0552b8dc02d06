"""The report of a run in a real browser: charts, tables, themes, without scripts, with hostile texts."""

from pathlib import Path

import pytest
from support.records import a_record, a_solution
from support.seeing.browser import PHONE, Chromium, in_chromium, violations
from support.validation import committed, labelled

from pipelines.reporting.figures import figures_of
from tools.report.page import page_of

HOSTILE = (
    "</script><script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">\x1b[31m\u202e\x00"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of a small labelled run in which some texts are hostile."""
    folder = tmp_path_factory.mktemp("report")
    committed(folder, "a", labelled("bayes_bisection", 4))
    hostile = a_solution([(HOSTILE, 1), (HOSTILE, -1)], "incorrect", method=HOSTILE, final_answer=HOSTILE)
    committed(folder, "b", [a_record(HOSTILE, [hostile], source=HOSTILE, metadata=[("level", HOSTILE)])])
    path = folder / 'report "of" it\'s run.html'
    path.write_text(page_of(figures_of(str(folder))))
    return path


@in_chromium
def test_a_report_draws_all_its_charts_and_is_accessible_in_both_themes(chromium: Chromium, report: Path) -> None:
    with chromium.page(report.as_uri()) as page:
        charts = page.locator("figure.chart")
        assert charts.count() >= 5
        assert page.locator("figure.chart .plot svg").count() == charts.count()
        assert page.title().startswith("Report of")
        assert violations(page) == []
        page.locator(".theme-button").click()
        assert violations(page) == []
        # A chart's numbers are one click away, and sort.
        page.get_by_text("The numbers").first.click()
        assert page.locator("figure.chart table").first.is_visible()
        # Printing opens what is closed, and closes it again.
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        assert page.evaluate("Math.max(...[...document.querySelectorAll('.plot svg')].map(e => e.clientWidth))") <= 680
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("figure.chart details[open]").count() == 1


@in_chromium
def test_a_report_is_readable_on_a_phone(chromium: Chromium, report: Path) -> None:
    with chromium.page(report.as_uri(), size=PHONE, dark=True) as page:
        # Tables scroll by themselves; the page does not.
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        assert violations(page) == []


@in_chromium
def test_without_scripts_all_numbers_stand_in_the_report(chromium: Chromium, report: Path) -> None:
    with chromium.page(report.as_uri(), scripts=False) as page:
        assert page.locator("figure.chart table").first.is_visible()
        assert page.locator("figure.chart details[open]").count() == page.locator("figure.chart").count()
        assert "\\x1b[31m\\u202e\\x00" in page.locator("#examples").inner_text()
