"""The viewer's page in a real browser: what a person does with it, with everything that a run may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.records import a_record, a_solution
from support.seeing.another_origin import another_origin, attack
from support.seeing.browser import DESKTOP, PHONE, Chromium, in_chromium, violations
from support.seeing.viewed_run import HOSTILE, a_problem, write_object, write_run
from support.seeing.viewing import ADDRESS, viewing

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROBLEM = a_problem(3)
ASKED = str(PROBLEM["question_id"])
TWICE = "Asked twice?"
WRONG = str(PROBLEM["solutions"][1]["solution_id"])
HINTED, HIDDEN = "-hinted", "hidden\u202eid"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with something of everything."""
    made = tmp_path_factory.mktemp("viewed") / "a run"
    write_run(made)
    write_object(made, [a_record(TWICE, [a_solution([(text, 1)])]) for text in ("One way.", "Another way.")])
    solutions = [a_solution([("By itself.", 1)], occurrences=2), a_solution([("As told.", 1)], hinted=True)]
    write_object(made, [a_record("With a hint?", solutions, question_id=one) for one in (HINTED, HIDDEN)])
    return made


@pytest.fixture(scope="module")
def viewer(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a `factory view --annotate` of it, which is ended by Ctrl-C and has to end well."""
    cache = tmp_path_factory.mktemp("cache")
    words = "people agree with 1 of 2 labels (50 %)"
    with viewing(folder, cache, "--annotate", "--as", "Ann", last_words=words) as address:
        yield address


def opened(page: Page) -> None:
    """Wait until the page shows what its address says."""
    page.locator("#main:not([aria-busy]) h1").first.wait_for()


def chips(page: Page) -> list[str]:
    """Return the filters that the list says it has."""
    return [each.inner_text().removesuffix("×").strip() for each in page.locator(".chip").all()]


def searches(page: Page, viewer: str) -> None:
    """Look for a text within a filter, then everywhere, then open a question that a filter asks for."""
    page.keyboard.press("/")
    page.keyboard.type("THEN I AM LOST")
    page.keyboard.press("Enter")
    page.locator("#search-status", has_text="questions with a hit").wait_for()
    assert page.locator("mark").first.inner_text() == "Then I am lost"
    # The search is narrowed by the filter, says so, and offers to be not.
    assert "Only in questions with Model is right: half" in page.locator("#results").inner_text()
    page.get_by_role("link", name="Search all").click()
    page.locator("#search-status", has_text=re.compile(r"7\d questions read")).wait_for()
    # A question opens on a solution that the filter asks for.
    page.goto(f"{viewer}#f=verdict%3Dunparsable")
    page.locator(".row-link").first.click()
    page.locator("#detail .badge", has_text="unparsable").first.wait_for()
    assert page.get_by_label("Search questions").input_value() == ""


@in_chromium
def test_a_person_looks_through_a_run(chromium: Chromium, viewer: str, tmp_path: Path) -> None:
    with chromium.page(viewer) as page:
        # What to look at: ready filters, and the most frequent failures.
        opened(page)
        failures = page.get_by_role("region", name="Most frequent failures").get_by_role("link")
        assert [each.inner_text().split("\n")[0] for each in failures.all()] == [
            "answers that cannot be read",
            "solutions that were cut off",
            "failed: EngineFailed",
            "failed: PromptTooLong",
            "failed: CheckerFailed",
        ]
        assert violations(page) == []
        page.get_by_role("link", name="Right half of the time").click()
        page.get_by_role("heading", name="21 questions").wait_for()
        # The list: filters, counts, order.
        assert chips(page) == ["Model is right: half of the time (40–60 %)"]
        page.get_by_role("checkbox", name="incorrect").check()
        page.locator(".chip", has_text="Verdict: incorrect").wait_for()
        page.locator("details.group", has_text="Level").locator("summary").click()
        page.get_by_role("checkbox", name="multiply_add").check()
        page.locator(".chip", has_text="Level: multiply_add").wait_for()
        page.get_by_label("Order").select_option("-seconds")
        page.wait_for_url("**sort%3D-seconds**")
        opened(page)
        seconds = [each.inner_text() for each in page.locator("td[data-label=time]").all()]
        assert seconds == sorted(seconds, key=lambda text: -float(text.split()[0]))
        assert violations(page) == []
        # Keys: down the list, into a question, to the next one, and back.
        page.locator("h1").first.click()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.locator("#position", has_text="2 of").wait_for()
        page.keyboard.press("j")
        page.locator("#position", has_text="3 of").wait_for()
        page.keyboard.press("k")
        page.locator("#position", has_text="2 of").wait_for()
        # Back in the list, one stands where one was, and goes on from there.
        left = re.search(r"q=(\w+)", page.url)
        assert left is not None
        page.keyboard.press("u")
        page.wait_for_function("id => document.activeElement.closest('tr')?.innerText.includes(id)", arg=left[1])
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.locator("#position", has_text="3 of").wait_for()
        page.keyboard.press("Escape")
        page.get_by_label("Order").wait_for()
        page.keyboard.press("?")
        page.get_by_role("heading", name="Keys").wait_for()
        page.keyboard.press("Escape")
        searches(page, viewer)


@in_chromium
def test_a_person_understands_a_solution_and_says_where_its_label_is_wrong(chromium: Chromium, viewer: str) -> None:
    with chromium.page(f"{viewer}#q={ASKED}&s={WRONG}") as page:
        # Step by step: the first error, and why.
        opened(page)
        why = page.locator("#why").inner_text()
        assert "Why step 2 is called the first wrong one" in why
        assert "2 of 11 rollouts from here reached the answer; 9 of 12 from the step before." in why
        assert "“Wrong” comes from rollouts, not from reading" in why
        assert "critic says step 2." in why
        assert "← first wrong step" in page.locator("#step-2").inner_text()
        assert "critic: here" in page.locator("#step-2").inner_text()
        # From a step into the tree, and from the tree to a solution.
        page.locator("#step-2").get_by_role("link", name="in the tree").click()
        page.wait_for_function("document.activeElement.id === 'node'")
        assert page.locator("#node-text").inner_text().strip() == PROBLEM["tree"][3]["text"].strip()
        page.locator("#node").get_by_role("link", name=WRONG[:8]).click()
        page.wait_for_function("document.activeElement.innerText.startsWith('Solution')")
        # The tree: a click on a node shows its text, and the address names the node.
        page.locator("#tree svg text", has_text="2/11").click()
        assert page.locator("#node-text").inner_text().strip() == PROBLEM["tree"][3]["text"].strip()
        assert "critic sees the first error here" in page.locator("#node").inner_text()
        page.get_by_text("The tree as text").click()
        page.locator(".outline a", has_text="rephrase 5/5").click()
        page.locator("#node .badge", has_text="rephrase").wait_for()
        assert violations(page) == []
        # Side by side, from where they part.
        page.get_by_label("Beside").select_option(index=1)
        assert page.locator("#parting").inner_text() == "They share 1 step and part at step 2."
        assert "Why step 2 is called the first wrong one" in page.locator("#why-left, #why-right").all_inner_texts()[0]
        page.keyboard.press("l")
        page.locator("th[data-side=left] .badge", has_text="unparsable").wait_for()
        page.keyboard.press("h")
        page.locator("th[data-side=left] .badge", has_text="incorrect").wait_for()
        page.set_viewport_size(dict(zip(("width", "height"), PHONE, strict=True)))
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        page.set_viewport_size(dict(zip(("width", "height"), DESKTOP, strict=True)))
        page.get_by_role("link", name="One only").click()
        page.locator(f"[data-solution='{WRONG}']").click()
        # What a person says is kept beside the run, and counted.
        page.get_by_role("button", name="Step 2 is wrong").click()
        page.locator("#agreement", has_text="people agree with 1 of 1 label (100 %)").wait_for()
        page.locator("#step-2 .annotations", has_text="agrees with the label").wait_for()
        page.get_by_role("button", name="Step 3 is right").click()
        page.locator("#step-3 .annotations", has_text="differs from the label, which is “wrong”").wait_for()
        page.locator("#agreement", has_text="people agree with 1 of 2 labels (50 %)").wait_for()
        note = page.get_by_role("textbox", name="Step 3: note")
        note.fill("<b>follows</b> from step 2")
        note.press("Enter")
        page.locator("#step-3 .annotations", has_text="Ann: right <b>follows</b> from step 2").wait_for()
        link = page.url
    # A permanent link shows all of it again.
    with chromium.page(link, size=PHONE, dark=True) as page:
        opened(page)
        page.locator("#step-3 .annotations", has_text="<b>follows</b>").wait_for()
        assert page.locator("#node .badge").first.inner_text() == "rephrase"
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert violations(page) == []


@in_chromium
def test_hostile_texts_are_shown_and_do_nothing(chromium: Chromium, viewer: str) -> None:
    with chromium.page(f"{viewer}#f=&t=Hostile") as page:
        page.get_by_role("link", name="Hostile").click()
        opened(page)
        page.get_by_text("The tree as text").click()
        shown = page.locator("body").inner_text()
        assert HOSTILE[0] in shown
        assert "\\x1b[31mred" in shown
        assert "\\u202eot tfel\\u202c" in shown
        assert page.evaluate(
            "() => window.hacked === undefined && document.querySelectorAll('main img, main script').length === 0"
        )
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
    for text in ("A long line", "Nothing was sampled", "An early one", "EngineFailed 1"):
        with chromium.page(f"{viewer}#f=&t={text}") as page:
            page.get_by_role("link", name=text).click()
            page.get_by_role("heading", name="Search tree").wait_for()


@in_chromium
def test_each_of_several_records_of_a_question_is_opened_and_left(chromium: Chromium, viewer: str) -> None:
    with chromium.page(f"{viewer}#f=&t={TWICE}") as page:
        page.locator("#search-status", has_text="2 ").wait_for()
        page.locator(".row-link").nth(1).click()
        page.locator("#detail", has_text="Another way.").wait_for()
        page.locator("#position", has_text="2 of 2").wait_for()
        page.keyboard.press("k")
        page.locator("#detail", has_text="One way.").wait_for()
        page.keyboard.press("j")
        page.locator("#detail", has_text="Another way.").wait_for()
        page.get_by_role("link", name="1", exact=True).click()
        page.locator("#detail", has_text="One way.").wait_for()


@in_chromium
def test_a_hinted_solution_is_no_sample_and_what_is_pressed_is_done_or_told(chromium: Chromium, viewer: str) -> None:
    with chromium.page(f"{viewer}#q={HINTED}", bears="ERR_FAILED") as page:
        page.locator(".facts-list", has_text=re.compile(r"Right\s*2 of 2 samples")).wait_for()
        # Commands that are copied name the record by its id as it is.
        page.evaluate("() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }")
        page.get_by_text("Copy", exact=True).click()
        page.get_by_role("button", name="Copy inspect command").click()
        page.locator("#toast.on", has_text="Inspect command copied").wait_for()
        assert page.evaluate("window.copied").endswith(f"/a run' -- {HINTED}")
        # A click of which nothing comes says why.
        page.route("**/api/record.json**", lambda route: route.abort())
        page.get_by_text("Copy", exact=True).click()
        page.get_by_role("button", name="Copy JSON").click()
        page.locator("#toast.on", has_text="The viewer does not answer").wait_for()
        page.goto(f"{viewer}#q={HIDDEN}")
        page.get_by_role("heading", name="Question hidden").wait_for()
        page.get_by_text("Copy", exact=True).click()
        page.get_by_role("button", name="Copy view command").wait_for()
        assert page.get_by_role("button", name="Copy inspect command").count() == 0


@in_chromium
def test_an_answer_that_comes_late_replaces_no_list(chromium: Chromium, viewer: str) -> None:
    with chromium.page(f"{viewer}#f=") as page:
        opened(page)
        late: list[Any] = []
        page.route("**/api/list?f=verdict**", lambda route: late.append(route))
        with page.expect_request("**/api/list?f=verdict**"):
            page.evaluate("location.hash = 'f=verdict%3Dincorrect'")
        page.evaluate("location.hash = 'f=pass%3Dhalf'")
        page.get_by_role("heading", name="21 questions").wait_for()
        with page.expect_response("**/api/list?f=verdict**") as answered:
            late[0].continue_()
        answered.value.finished()
        page.locator(".row-link").first.wait_for()
        assert page.evaluate("async () => (await import('./static/list.js')).current.f") == "pass=half"


@in_chromium
def test_another_origin_s_page_can_neither_read_nor_post(
    chromium: Chromium, viewer: str, folder: Path, tmp_path: Path
) -> None:
    match = ADDRESS.match(viewer)
    assert match is not None
    kept = sorted((folder / "annotations").glob("*"))
    # A page of another origin that even knows the token.
    (tmp_path / "attack.html").write_text(attack(viewer))
    # The attacker asks the viewer, which is another host than the page's; the browser tells of every refusal.
    bears = "127.0.0.1|CORS|Failed to load"
    with (
        another_origin(tmp_path) as port,
        chromium.page(f"http://evil.test:{port}/attack.html", bears=bears) as page,
    ):
        page.wait_for_function("document.title !== 'waiting'")
        assert page.title() == "rejected rejected rejected"
    # A name that was rebound to this machine.
    with chromium.page(f"http://evil.test:{match[1]}/{match[2]}/", bears="421|Opener-Policy") as page:
        assert page.locator("body").inner_text().startswith("This viewer answers to 127.0.0.1 and localhost only.")
    assert sorted((folder / "annotations").glob("*")) == kept
