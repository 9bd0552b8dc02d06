"""The viewer answers to its own page on this machine, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.viewer.guard import BODY, is_this_machine

TOKEN = "a-token-of-some-length"


def test_the_page_is_served_under_the_token(asking: Any) -> None:
    answer = asking.get("")
    assert answer.status_code == 200
    assert "factory view" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/wrong/", "/api/state", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/api/state", "//", "/%2e%2e/"]
)
def test_without_the_token_nothing_is_there(asking: Any, path: str) -> None:
    answer = asking.client.get(path)
    assert answer.status_code == 404
    assert TOKEN not in answer.text


def test_the_bare_token_leads_to_the_page(asking: Any) -> None:
    answer = asking.client.get(f"/{TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (307, f"/{TOKEN}/")


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "evil.test:8700",
        "127.0.0.1.evil.test",
        "10.0.0.1:8700",
        "localhost.evil.test",
        "",
        "127.0.0.1:x",
        "0.0.0.0:8700",
    ],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(asking: Any, host: str) -> None:
    assert asking.get("api/state", {"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8700", "localhost:9000", "LOCALHOST", "[::1]:8700", "[::1]"])
def test_this_machine_has_its_own_names_and_any_port(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8700"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_pages_of_other_origins_may_not_read(asking: Any, headers: dict[str, str]) -> None:
    assert asking.get("api/state", headers).status_code == 403


def test_a_link_that_a_person_follows_is_let_through(asking: Any) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert asking.get("", headers).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"])
def test_a_viewer_is_read_only(asking: Any, method: str) -> None:
    assert asking.client.request(method, f"/{TOKEN}/api/annotations", json={}).status_code == 405


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.test"}, 403),
        ({"Content-Type": "text/plain"}, 403),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
        ({"Host": "evil.test"}, 421),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_nobody_else_may_annotate(
    run: Path, viewer_of: Callable[..., Any], headers: dict[str, str], status: int
) -> None:
    asking = viewer_of(run, person="Ann")
    assert asking.say({"at": 0}, **headers).status_code == status
    assert not (run / "annotations").exists()


def test_a_post_without_an_origin_is_refused(run: Path, viewer_of: Callable[..., Any]) -> None:
    answer = viewer_of(run, person="Ann").client.post(f"/{TOKEN}/api/annotations", json={})
    assert answer.status_code == 403


def test_a_large_post_is_refused_before_it_is_read(run: Path, viewer_of: Callable[..., Any]) -> None:
    asking = viewer_of(run, person="Ann")
    assert asking.say({"note": "x" * BODY}).status_code == 413


def test_a_post_in_chunks_is_refused_whatever_size_it_says(run: Path, viewer_of: Callable[..., Any]) -> None:
    asking = viewer_of(run, person="Ann")
    for headers in ({}, {"Content-Length": "5", "Transfer-Encoding": "chunked"}):
        assert asking.post((b"x" * BODY for _ in range(4)), **headers).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "static/../app.py",
        "static/%2e%2e/app.py",
        "static/..%2fapp.py",
        "static//etc/passwd",
        "static/%00",
        "../../etc/passwd",
        "static/guard.py",
        "static/",
    ],
)
def test_no_path_leads_out_of_the_page_s_files(asking: Any, path: str) -> None:
    answer = asking.get(path)
    assert answer.status_code in (404, 307)
    assert "import" not in answer.text


@pytest.mark.parametrize("path", ["", "static/main.js", "api/state", "nowhere", "api/question"])
def test_every_answer_carries_the_policies(asking: Any, path: str) -> None:
    headers = asking.get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_every_script_and_style_is_a_file_of_the_package(asking: Any) -> None:
    page = asking.get("").text
    assert "onclick" not in page
    assert "<style" not in page
    for name in ("theme.css", "view.css", "theme.js", "main.js", "echarts.min.js"):
        assert f"static/{name}" in page
        assert asking.get(f"static/{name}").status_code == 200


def test_no_script_sets_html() -> None:
    own = Path(__file__).parents[4] / "tools" / "viewer" / "static"
    for file in own.glob("*.js"):
        text = file.read_text()
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "http://",
            "https://",
        ):
            assert forbidden not in text, (file.name, forbidden)
