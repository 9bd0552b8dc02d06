import base64
import hashlib
import re
import tomllib
from pathlib import Path

from tools.web.content_policy import policy_of_a_file, policy_of_a_server
from tools.web.fetch_echarts import SHA256, STATIC, VERSION
from tools.web.static_files import ECHARTS, static_text
from tools.web.templates import Inlined

ROOT = Path(__file__).parents[4]


def test_the_kept_echarts_is_the_published_one() -> None:
    assert hashlib.sha256((STATIC / ECHARTS).read_bytes()).hexdigest() == SHA256
    readme = (STATIC.parent / "README.md").read_text()
    assert SHA256 in readme
    assert f"ECharts {VERSION}" in readme


def test_static_files_and_templates_are_installed() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["tools"]
    assert data == ["*/static/*", "*/templates/*"]


def test_the_policy_of_a_file_allows_its_scripts_by_hash_and_nothing_else() -> None:
    digest = base64.b64encode(hashlib.sha256(b"go()").digest()).decode()
    policy = policy_of_a_file(["go()"], [])
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'")
    assert "style-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_policy_of_a_server_lets_nobody_frame_it() -> None:
    policy = policy_of_a_server()
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy


def test_our_scripts_set_no_html() -> None:
    for path in ROOT.glob("tools/*/static/*.js"):
        if path.name != ECHARTS:
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", path.read_text())


def test_scripts_can_stand_in_a_page_as_they_are() -> None:
    names = [path.name for path in STATIC.glob("*.js")]
    inlined = Inlined(dict.fromkeys(names, "tools.web"), {"theme.css": "tools.web"})
    assert all(inlined.script(name) == static_text(name) for name in names)
    assert "\r" not in "".join(static_text(name) for name in names)  # a browser would hash other bytes
