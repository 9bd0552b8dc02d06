"""Pages of another origin, which try to reach a viewer that is none of theirs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_ATTACK = """<!doctype html><title>waiting</title><script>
const tried = [fetch(URL_ + "api/state"), fetch(URL_ + "api/annotations", { method: "POST", body: "{}" }),
  fetch(URL_ + "api/annotations", { method: "POST", mode: "no-cors", body: "{}" })
    .then((answer) => answer.text()).then((text) => { if (!text) throw text; })];
Promise.allSettled(tried).then((all) => { document.title = all.map((one) => one.status).join(" "); });
</script>"""


def attack(viewer: str) -> str:
    """Return a page that asks the viewer of an address, and says in its title what came of it."""
    return _ATTACK.replace("URL_", f"'{viewer}'")


@contextmanager
def another_origin(folder: Path) -> Iterator[int]:
    """Serve a folder, and give the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    """Handler of requests that logs none."""

    def log_message(self, format: str, *arguments: Any) -> None:
        pass
