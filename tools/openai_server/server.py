"""OpenAI-compatible server in a thread: `with openai_server(Options(…)) as server: server.url`.

It speaks plain HTTP/1.1, holds whole messages in memory, and knows what every request was answered. For tests and
benchmarks only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import Counter, deque
from collections.abc import Coroutine, Iterator, Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tools.openai_server import answers, spoiling
from tools.openai_server.faults import BODIES, REFUSALS, WIRES, Fault, FaultPlan
from tools.openai_server.floor import Floor, PrefixCache
from tools.openai_server.options import Options
from tools.openai_server.requests import Asked, Refused, asked, detokenized, error, sampled_from, tokenized
from tools.openai_server.tokens import text_of
from tools.openai_server.writers import writer_of
from tools.s3.http_messages import UNUSABLE, Request, exchange, headers_of, read_request, reset, send

_START_S = 60.0
# For the answer of a server behind this one.
_UPSTREAM_S = 1800.0
# Exchanges that are kept.
_KEPT = 20_000


class OpenAIServer:
    """Running server, made by `openai_server`. All methods may be called from any thread.

    Attributes:
      options: its settings; replaced by others, they hold from the next request on.
      plan: decides which fault a request meets; counts them.
      exchanges: the latest requests and answers that were given, as JSON: (path, request, answer).
      billed: tokens of all answers so far, as `usage` has them, whatever became of the answers.
      requests: requests by path, whatever became of them.
      abandoned: requests whose client went before the answer.
      keys: values of the header Authorization that came, "" for none.
    """

    def __init__(self, options: Options, faults: Sequence[Fault] = (), port: int = 0) -> None:
        self.options = options
        self.plan = FaultPlan(tuple(faults))
        self.exchanges: deque[tuple[str, dict[str, Any], dict[str, Any]]] = deque(maxlen=_KEPT)
        self.billed: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.abandoned = 0
        self._port = port
        self._rng = Random()
        self._write = writer_of(options.writer)
        self._floor, self._cache = Floor(options.load), PrefixCache(options.cache_blocks)
        self._loop = asyncio.new_event_loop()
        self._listening: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="OpenAI server", daemon=True)

    @property
    def url(self) -> str:
        """Base URL, as `engine.base_url` takes it."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def figures(self) -> dict[str, float]:
        """Figures as /metrics names them, and the most samples that ever ran at once."""
        return {
            "num_requests_running": self._floor.running,
            "num_requests_waiting": self._floor.waiting,
            "prefix_cache_queries_total": self._cache.queries,
            "prefix_cache_hits_total": self._cache.hits,
            "request_success_total": self._floor.finished,
            "most_running": self._floor.most_running,
        }

    def start(self) -> None:
        """Listen. Raises `OSError` when the port is taken."""
        self._thread.start()
        self.revive()

    def revive(self) -> None:
        """Listen again on the same port, with nothing in the cache, as a server does that was started anew."""
        self._within(self._listen())

    def kill(self) -> None:
        """Reset all connections and refuse new ones, as a server does that was killed."""
        self._within(self._hang_up())

    def stop(self) -> None:
        """Reset all connections and end the thread."""
        self.kill()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_S)
        self._loop.close()

    def _within(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_S)

    async def _listen(self) -> None:
        self._floor, self._cache = Floor(self.options.load), PrefixCache(self.options.cache_blocks)
        self._listening = await asyncio.start_server(self._connected, "127.0.0.1", self._port, backlog=4096)
        self._port = self._listening.sockets[0].getsockname()[1]
        self.plan.started()

    async def _hang_up(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client's connection, request by request."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while True:
                # Not wait_for, as in read_request: a server would not end.
                async with asyncio.timeout(self.options.keep_alive_s):
                    request = await read_request(reader, writer)
                if request is None or not await self._serve(request, reader, writer):
                    break
            # What was written is still sent.
            writer.close()
        except (*UNUSABLE, asyncio.CancelledError):
            # The client has gone or sends what is not HTTP; cancelled: the server is killed.
            reset(writer)
        finally:
            self._open.discard(task)

    async def _serve(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return True when the connection stays open."""
        path = request.path.partition("?")[0]
        self.requests[path] += 1
        key = headers_of(request.head).get("authorization", "")
        self.keys[key] += 1
        fault = self.plan.draw(path, request.body.decode("utf-8", "replace"))
        if fault in REFUSALS:
            return await send(writer, spoiling.refusal(fault))
        if fault == "redirect":
            return await send(writer, spoiling.redirect(self.plan.elsewhere, path))
        if fault == "reset":
            reset(writer)
            return False
        if fault in WIRES and fault not in ("half", "half and hang", "drip"):
            await spoiling.instead(fault, reader, writer)
            return False
        # Phase 2: the honest answer, unless the client goes before.
        answer = await self._while_there(self._answered(path, request, key, fault), reader)
        if answer is None:
            self.abandoned += 1
            return False
        if fault in WIRES:
            await spoiling.of_answer(fault, answer, reader, writer)
            return False
        return await send(writer, answer)

    async def _while_there(self, work: Coroutine[Any, Any, bytes], reader: asyncio.StreamReader) -> bytes | None:
        """Return what `work` returns; None, and `work` is cancelled, when the client hangs up."""
        working = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            for task in (working, gone):
                task.cancel()
            await asyncio.gather(working, gone, return_exceptions=True)

    async def _answered(self, path: str, request: Request, key: str, fault: str) -> bytes:
        """Return the whole HTTP answer to a request, with a fault of `BODIES` in it where one was drawn."""
        options = self.options
        try:
            if options.upstream:
                return await self._passed_on(path, request, fault)
            if options.api_key and path.startswith("/v1") and key != f"Bearer {options.api_key}":
                # OpenAI repeats what it was given, as far as it repeats anything.
                raise (
                    error(401, f"Incorrect API key provided: {key}.", "invalid_request_error", code="invalid_api_key")
                    if options.strict
                    else Refused(401, {"error": "Unauthorized"})
                )
            if path == "/metrics":
                return spoiling.message(200, answers.metrics(options, self.figures).encode(), "text/plain")
            body = await self._routed(path, request)
        except Refused as refused:
            return spoiling.message(refused.status, json.dumps(refused.body).encode())
        if fault in BODIES:
            return spoiling.spoilt(fault, body)
        return spoiling.message(200, json.dumps(body).encode())

    async def _passed_on(self, path: str, request: Request, fault: str) -> bytes:
        """Return the answer of the server behind this one. Raises one of `UNUSABLE` where it does not answer."""
        target = urlsplit(self.options.upstream)
        answer = await exchange((target.hostname or "", target.port or 80), request, half=False, seconds=_UPSTREAM_S)
        head, _, data = answer.partition(b"\r\n\r\n")
        if b"application/json" not in head or b" 200 " not in head.partition(b"\r\n")[0]:
            return answer
        body = json.loads(data)
        if request.method == "POST":
            self.exchanges.append((path, json.loads(request.body), body))
        return spoiling.spoilt(fault, body) if fault in BODIES else answer

    async def _routed(self, path: str, request: Request) -> dict[str, Any]:
        """Return the JSON answer of a path. Raises `Refused`."""
        options = self.options
        if request.method == "GET":
            if path == "/v1/models":
                return answers.models(options)
            if path == "/health" and options.health:
                return {}
            if path == "/version" and options.owner == "vllm":
                return {"version": "0.32.0"}
        if request.method == "POST":
            try:
                body = json.loads(request.body)
            except ValueError:
                raise error(400, "the body is no JSON", "BadRequestError") from None
            if path in ("/tokenize", "/detokenize") and options.tokenizes:
                return tokenized(options, body) if path == "/tokenize" else detokenized(options, body)
            chat = path == "/v1/chat/completions"
            if (chat and options.chat) or (path == "/v1/completions" and options.completions):
                answer = await self._complete(body, chat=chat)
                self.exchanges.append((path, body, answer))
                self.billed.update({name: answer["usage"][name] for name in ("prompt_tokens", "completion_tokens")})
                return answer
        raise Refused(404, {"detail": "Not Found"})

    async def _complete(self, body: dict[str, Any], *, chat: bool) -> dict[str, Any]:
        """Return the completions that a request asks for, when they have had their time. Raises `Refused`."""
        options = self.options
        request = asked(options, body, chat=chat)
        cached = sum(self._cache.look_up(ids) for ids in request.prompts)
        seed = self._rng.randrange(2**31) if request.seed is None else request.seed
        samples = [self._sampled(ids, request, seed) for ids in request.prompts]
        await self._floor.work([len(one.ids) for ones in samples for one in ones])
        for ids, ones in zip(request.prompts, samples, strict=True):
            for one in ones:
                self._cache.keep([*ids, *one.ids])
        return answers.completions(options, request, samples, cached, self.requests.total())

    def _sampled(self, ids: Sequence[int], request: Asked, seed: int) -> list[answers.Sample]:
        """Return the completions of a prompt."""
        text, begun = text_of(ids), sampled_from(ids)
        return [answers.sample_of(self._write(text, begun, seed, number), request) for number in range(request.n)]


@contextlib.contextmanager
def openai_server(
    options: Options | None = None, faults: Sequence[Fault] = (), port: int = 0
) -> Iterator[OpenAIServer]:
    """Open a block with a running server.

    Args:
      options: its settings; None for those of vLLM's server.
      faults: faults that some requests meet.
      port: port to listen on; 0 for a free one.
    """
    server = OpenAIServer(options or Options(), faults, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
