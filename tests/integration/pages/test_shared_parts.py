"""The parts that all pages share, in a real browser: theme, tables, charts, content policy."""

from pathlib import Path

import pytest
from support.seeing.browser import Chromium, in_chromium, violations

from tools.web.templates import Inlined, environment

SCRIPTS = ("theme.js", "sortable.js", "echarts.min.js", "charts.js")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Parts</title>
<meta http-equiv="Content-Security-Policy" content="{{ inlined.policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{{ inlined.style("theme.css") }}</style><script>{{ inlined.script("theme.js") }}</script></head><body>
<main class="wrap"><div class="row spread"><h1>{{ name }}</h1>
<button class="theme-button" type="button" hidden></button></div>
<figure class="chart" data-chart="{{ kind }}" data-x="level" data-y="share" data-percent>
<div class="plot" role="img" aria-label="share by level"></div><figcaption>Share by level</figcaption>
<details open><summary>The numbers</summary><table class="sortable">
<thead><tr><th>level</th><th class="number" data-series="good">{{ name }}</th></tr></thead><tbody>
{% for level, share in rows %}<tr><td>{{ level }}</td>
<td class="number" data-v="{{ share }}">{{ share }}</td></tr>{% endfor %}
</tbody></table></details></figure><p id="target">untouched</p></main>
{% for script in scripts if script != "theme.js" %}<script>{{ inlined.script(script) }}</script>{% endfor %}
{{ more }}</body></html>"""


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    path = tmp_path / 'it\'s a "page" & more.html'
    path.write_text(page_text("<script>alert(1)</script>\u202e"))
    return path


def page_text(name: str, more: str = "", kind: str = "bars") -> str:
    inlined = Inlined(dict.fromkeys(SCRIPTS, "tools.web"), {"theme.css": "tools.web"})
    rows = [("1", 0.5), ("2", 0.9), ("10", 0.1), ("none", "")]
    template = environment("tools.report").from_string(PAGE.replace("{{ more }}", more))
    return template.render(inlined=inlined, name=name, rows=rows, scripts=SCRIPTS, kind=kind)


@in_chromium
def test_a_page_draws_its_charts_sorts_and_remembers_its_theme(chromium: Chromium, page_file: Path) -> None:
    with chromium.page(page_file.as_uri()) as page:
        assert page.locator(".plot svg").count() == 1
        assert page.locator("h1").inner_text() == "<script>alert(1)</script>\\u202e"
        assert violations(page) == []
        page.get_by_text("The numbers").click()
        first = page.locator("tbody tr td:first-child")
        page.locator("th button").nth(1).click()
        assert first.all_inner_texts() == ["2", "1", "10", "none"]
        page.locator("th button").first.click()
        assert first.all_inner_texts() == ["1", "2", "10", "none"]
        page.locator(".theme-button").click()
        page.reload()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        assert violations(page) == []


@in_chromium
def test_without_scripts_the_numbers_stand_in_the_page(chromium: Chromium, page_file: Path) -> None:
    with chromium.page(page_file.as_uri(), scripts=False) as page:
        assert page.get_by_role("cell", name="0.9").is_visible()


@in_chromium
def test_what_is_smuggled_into_a_page_does_not_run(chromium: Chromium, tmp_path: Path) -> None:
    smuggled = """<p id="handler" onclick="target.textContent='run'">x</p><script>target.textContent = "run"</script>
    <img src="http://elsewhere.test/x.png" alt=""><a id="link" href="javascript:target.textContent='run'">y</a>"""
    (tmp_path / "page.html").write_text(page_text("", smuggled))
    with chromium.page(
        (tmp_path / "page.html").as_uri(), bears="Content Security Policy|TrustedHTML|another host"
    ) as page:
        page.locator("#handler").click()
        page.locator("#link").click()
        refused = page.evaluate("() => { try { target.innerHTML = '<b>x</b>'; return false } catch { return true } }")
        assert refused
        assert page.locator("#target").inner_text() == "untouched"


@in_chromium
def test_the_harness_fails_on_errors_and_on_other_hosts(chromium: Chromium, tmp_path: Path) -> None:
    def complaints(body: str) -> str:
        (tmp_path / "page.html").write_text(body)
        with pytest.raises(AssertionError) as caught, chromium.page((tmp_path / "page.html").as_uri()):
            pass
        return str(caught.value)

    assert "another host: http://elsewhere.test/x.png" in complaints("<img src='http://elsewhere.test/x.png'>")
    assert "console error: no" in complaints("<script>console.error('no')</script>")
    assert "exception: no" in complaints("<script>throw new Error('no')</script>")
