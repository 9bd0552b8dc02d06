"""Prometheus on this machine with our rules, scraping a Ray that a test has; and the question of what it knows."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.checking.sandbox import needs
from support.waiting import wait_until

FILES = Path(__file__).parents[3] / "cluster/monitoring"


def _trouble() -> str:
    """Return why a real Prometheus cannot scrape Ray here; empty where it can."""
    if not shutil.which("prometheus"):
        return "Prometheus is not installed; `bash cluster/install_system.sh prometheus` installs it"
    try:
        import aiohttp_cors  # noqa: F401 - stands for ray[default], without which Ray's nodes serve no measures
    except ImportError:
        return "ray[default] is not installed; `pip install --no-deps -r requirements-cluster.lock` installs it"
    return ""


needs_prometheus: pytest.MarkDecorator = needs(_trouble())


class Prometheus:
    """Running server. `address` is its URL."""

    def __init__(self, address: str) -> None:
        self.address = address

    def answer(self, query: str) -> list[dict[str, Any]]:
        """Return the series that a query comes to; [] while the server is not up."""
        asked = f"{self.address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(asked, timeout=10) as reply:
                return list(json.load(reply)["data"]["result"])
        except urllib.error.HTTPError as error:
            # It answers so while it reads its own store.
            if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
                return []
            raise AssertionError(f"{query}: {error.read().decode()}") from None
        except OSError:
            return []

    def rules(self) -> list[dict[str, Any]]:
        """Return the alerts that it has loaded, with their health."""
        with urllib.request.urlopen(f"{self.address}/api/v1/rules", timeout=10) as reply:
            return [rule for group in json.load(reply)["data"]["groups"] for rule in group["rules"]]


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    """Run our configuration with one target (host:port), asked every second, for the block."""
    config = yaml.safe_load((FILES / "prometheus.yaml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(FILES / "alerts.yaml")]
    config["scrape_configs"] = [{"job_name": "ray", "static_configs": [{"targets": [target]}]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/kept"]
    words += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | {"GOMAXPROCS": "1"})
    try:
        made = Prometheus(f"http://127.0.0.1:{port}")
        wait_until(lambda: server.poll() is not None or made.answer("up"), "Prometheus' first scrape")
        assert server.poll() is None, (folder / "log").read_text()
        yield made
    finally:
        server.kill()
        server.wait(60)
