"""A headless Chromium in which tests open pages, and what every page has to keep.

Playwright knows one thread, and an event loop that stands still in it between calls, where no async test could run
beside. So the browser has a thread of its own, and the body of a test marked `in_chromium` runs there:

    @in_chromium
    def test_the_page_shows_the_question(chromium: Chromium, page_file: Path) -> None:
        with chromium.page(page_file.as_uri()) as page:
            assert page.locator("h1").inner_text() == "…"
"""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.checking.sandbox import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
# Longest body of a test, and longest wait for one element; both only for what hangs.
BODY_S, ELEMENT_MS = 300, 60_000
DESKTOP, PHONE = (1280, 800), (390, 844)
# Names that end on .test are this machine, as for an attacker who rebinds his; no other host has an address.
HOSTS = "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"

needs_chromium = needs(
    ""
    if shutil.which("chromium")
    else "Chromium is not installed; `bash cluster/install_system.sh chromium` installs it"
)


class Chromium:
    """One browser for all tests of a process. Made by the fixture `chromium`; its pages are opened in its thread."""

    def __init__(self) -> None:
        """Start the thread, and Chromium in it."""
        self._thread = ThreadPoolExecutor(1, "chromium")
        self._playwright: Playwright
        self._browser: Browser
        self.run(self._start)

    def run(self, body: Callable[[], Any]) -> Any:
        """Return what `body` returns in the browser's thread."""
        return self._thread.submit(body).result(BODY_S)

    def close(self) -> None:
        """End browser and thread."""
        self.run(self._browser.close)
        self.run(self._playwright.stop)
        self._thread.shutdown()

    @contextmanager
    def page(
        self,
        url: str,
        *,
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
        scripts: bool = True,
        bears: str | None = None,
    ) -> Iterator[Page]:
        """Open a page in a fresh profile; when it is left, fail on anything it may not do.

        Args:
          url: where it is, file:// or http://127.0.0.1.
          size: width and height of the window in pixels.
          dark: whether the reader's system is dark.
          scripts: False for a browser without JavaScript.
          bears: pattern of troubles that the test provokes itself.

        Raises:
          AssertionError: an error or warning in the console, an exception, a request to another host than the page's.
        """
        width, height = size
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        context.set_default_timeout(ELEMENT_MS)
        page = context.new_page()
        troubles = _listen(page, urlsplit(url).netloc)
        try:
            page.goto(url)
            yield page
            unexpected = [each for each in troubles if bears is None or not re.search(bears, each)]
            assert not unexpected, "\n".join(unexpected)
        finally:
            context.close()

    def photographs(self, url: str, folder: Path, name: str) -> list[Path]:
        """Save the whole page at desktop and phone width, light and dark, and return the four files.

        They are kept in the folder that the variable FACTORY_SCREENSHOTS names, where it is set, else in `folder`.
        """
        folder = Path(os.environ.get("FACTORY_SCREENSHOTS", folder))
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for size, width in ((DESKTOP, "desktop"), (PHONE, "phone")):
            for dark in (False, True):
                files.append(folder / f"{name}-{width}-{'dark' if dark else 'light'}.png")
                with self.page(url, size=size, dark=dark) as page:
                    page.wait_for_load_state("networkidle")
                    page.screenshot(path=files[-1], full_page=True)
        return files

    def _start(self) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=[f"--host-resolver-rules={HOSTS}", "--disable-gpu"], timeout=180_000
        )


def in_chromium(test: Callable[..., None]) -> Callable[..., None]:
    """Let the body of a test that takes the fixture `chromium` run in the browser's thread."""

    @needs_chromium
    @functools.wraps(test)
    def in_its_thread(**fixtures: Any) -> None:
        fixtures["chromium"].run(lambda: test(**fixtures))

    return in_its_thread


def violations(page: Page) -> list[str]:
    """Return the serious and critical accessibility violations that axe-core sees in a page, a line per element."""
    from axe_playwright_python.sync_playwright import Axe

    result = Axe().run(page).response
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]}"
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def _listen(page: Page, host: str) -> list[str]:
    """Return a list that grows by whatever the page does wrong."""
    troubles: list[str] = []

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("file", "data", "blob", "about") and parts.netloc != host:
            troubles.append(f"request to another host: {url}")

    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
    page.on(
        "console",
        lambda message: (
            troubles.append(f"console {message.type}: {message.text}") if message.type in ("error", "warning") else None
        ),
    )
    return troubles


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """The browser of this test process."""
    browser = Chromium()
    yield browser
    browser.close()
