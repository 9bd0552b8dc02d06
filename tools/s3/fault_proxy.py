"""Proxy between an S3 client and an S3 server that fails as networks and busy servers do: at once, late or half way.

    python -m tools.s3.fault_proxy --target http://127.0.0.1:8333 --rate 0.1 --seed 3

prints its address, runs until Ctrl-C, and prints how often each fault happened. Requests are passed on byte for byte,
with their Host header: AWS signatures (SigV4) cover it, and SeaweedFS checks them against the header it receives. For
tests only: it speaks plain HTTP/1.1 and holds whole messages in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from factory.errors import BadInput
from tools.s3.faults import ERRORS, FaultPlan, Faults, S3Error
from tools.s3.http_messages import UNUSABLE, Request, exchange, half_of, read_request, reset, send

_START_S = 10.0


class FaultProxy:
    """Running proxy, made by `fault_proxy`. All methods may be called from any thread."""

    def __init__(self, target_url: str, faults: Faults, seed: int, port: int = 0) -> None:
        target = urlsplit(target_url)
        if target.scheme != "http" or not target.hostname:
            raise BadInput(f"the target is {target_url!r}; expected http://HOST:PORT")
        self._target = (target.hostname, target.port or 80)
        self._plan = FaultPlan(faults, seed)
        self._port = port
        self._counts: Counter[str] = Counter()
        self._down = False
        self._open: set[asyncio.StreamWriter] = set()
        self._mutex = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="fault proxy", daemon=True)

    @property
    def endpoint_url(self) -> str:
        """URL that a client uses as its server."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def counts(self) -> dict[str, int]:
        """Return counts of requests, by what happened to them.

        * `requests`: all of them. `passed`: untouched.
        * `refused`: came while the proxy was down. `unreachable`: the server did not answer.
        * All others by fault or error code.
        """
        with self._mutex:
            return dict(self._counts)

    def force(self, what: str | S3Error, n: int | None = 1, *, method: str | None = None, containing: str = "") -> None:
        """Force a fault on the next requests, instead of what chance has for them. What was forced first comes first.

        Args:
          what: kind of `Faults`, an `S3Error`, or "none" for a request to pass.
          n: how many requests; None for all.
          method: HTTP method of the requests that count; None for any.
          containing: text in their path and query.
        """
        self._plan.force(what, n, method=method, containing=containing)

    def heal(self) -> None:
        """Forget what was forced, make chance spare everything, and be up."""
        self._plan.heal()
        self.down(False)

    def down(self, down: bool) -> None:
        """Reset all connections, and new ones as soon as they come (True), or serve again (False)."""
        self._down = down
        if down and self._loop is not None:
            self._loop.call_soon_threadsafe(self._reset_all)

    def start(self) -> None:
        """Listen. Raises `OSError` when the port is taken."""
        self._thread.start()
        if not self._ready.wait(_START_S):
            raise TimeoutError(f"the proxy did not listen within {_START_S:.0f} s")
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Reset all connections and end the thread."""
        if self._loop is not None and self._thread.is_alive():
            # The loop has ended meanwhile.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_S)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, backlog=512)
        except OSError as error:
            self._error = error
            self._ready.set()
            return
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        self._reset_all()

    def _reset_all(self) -> None:
        for writer in list(self._open):
            reset(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client's connection, request by request."""
        if self._down:
            self._count("refused")
            return reset(writer)
        self._open.add(writer)
        try:
            while (request := await read_request(reader, writer)) is not None:
                self._count("requests")
                if not await self._answer(request, reader, writer):
                    break
        except (*UNUSABLE, asyncio.CancelledError):
            # The client has gone or sends what is not HTTP; cancelled: the proxy stops.
            pass
        finally:
            self._open.discard(writer)
            reset(writer)

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; return True when the connection stays open."""
        fault, chance = self._plan.draw(request.method, request.path)
        if isinstance(fault, S3Error):
            self._count(fault.code)
            return await send(writer, fault.response(request.method))
        self._count("passed" if fault == "none" else fault)
        if fault in ERRORS:
            return await send(writer, ERRORS[fault].response(request.method))
        if fault == "reset_before":
            return False
        if fault == "stall":
            with contextlib.suppress(TimeoutError):
                # Returns when the client gives up.
                await asyncio.wait_for(reader.read(1), self._plan.faults.stall_s)
            return False
        if fault == "latency":
            await asyncio.sleep(chance * self._plan.faults.max_latency_s)
        half_request = fault == "reset_midway" and chance < 0.5
        try:
            response = await exchange(self._target, request, half=half_request)
        except UNUSABLE:
            self._count("unreachable")
            return False
        if half_request or fault == "lost_response":
            return False
        if fault == "reset_midway":
            await send(writer, half_of(response))
            return False
        return await send(writer, response)

    def _count(self, what: str) -> None:
        with self._mutex:
            self._counts[what] += 1


@contextlib.contextmanager
def fault_proxy(target_url: str, faults: Faults | None = None, seed: int = 0, port: int = 0) -> Iterator[FaultProxy]:
    """Open a block with a running proxy. The seed alone decides what happens to the n-th request.

    Args:
      target_url: URL of the server.
      faults: probabilities; None for no faults.
      seed: seed of the faults.
      port: port to listen on; 0 for a free one.

    Raises:
      BadInput: the target is no http://host:port.
    """
    proxy = FaultProxy(target_url, faults or Faults(), seed, port)
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()


def main(arguments: list[str] | None = None) -> int:
    """Run a proxy until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.s3.fault_proxy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", required=True, help="the S3 server, http://HOST:PORT")
    parser.add_argument("--rate", type=float, default=0.1, help="share of requests with a fault (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of what happens to which request (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="to listen on (default: any free one)")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with fault_proxy(given.target, Faults.of(given.rate), given.seed, given.port) as proxy:
            with contextlib.suppress(KeyboardInterrupt):
                print(proxy.endpoint_url, flush=True)
                while True:  # in short turns: a signal that comes just before a wait is seen after it
                    time.sleep(0.5)
            print(json.dumps(proxy.counts))
    except (BadInput, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
