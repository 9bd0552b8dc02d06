"""Answers of the viewer: the page with its files, and what it asks for as JSON. All of it is read only but one.

| path | answer |
|---|---|
| `/`, `/static/NAME` | the page, its scripts and styles, from a list made at the start |
| `/api/state` | how far the index is, what the folder is, agreement of people |
| `/api/list`, `/api/counts` | `f=FILTER`: a page of questions; how many there are for each choice |
| `/api/runs` | the runs within the folder: questions, samples, right ones |
| `/api/question` | `id=ID&in=FOLDER&copy=N`, or `at=NUMBER`: a record as it is shown, and what people said of it |
| `/api/record.json` | the same: the whole record |
| `/api/search` | `f=FILTER&q=TEXT`: hits, a line of JSON each, as they are seen |
| `/api/annotations` | POST: what a person says of a step |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import anyio
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from factory.browsing.filter import read
from factory.browsing.places import Place, places_of
from factory.browsing.shown import plain, shown
from factory.errors import BadInput, FactoryError
from factory.storage.opening import absolute
from tools.viewer.annotating import Annotating, Changed, in_numbers
from tools.viewer.guard import Guard
from tools.viewer.index import Index
from tools.viewer.lists import Lists
from tools.viewer.page_files import PAGE, page_files
from tools.viewer.records import Missing, Records, place_at, place_of
from tools.viewer.text_search import TextSearch
from tools.web.hostile_text import shown_json

JSON = "application/json"
_LISTS, _RECORDS = 3, 6  # lists that are made, and records that are read, at a time
_COPIES = 30  # records of one question that its page leads to


class Viewer:
    """Everything that answers come from.

    Args:
      run_dir: folder as the user has named it.
      index: index of the run.
      records: reader of its records.
      search: search for texts.
      annotating: annotations of the run.
    """

    def __init__(
        self, run_dir: str, index: Index, records: Records, lists: Lists, search: TextSearch, annotating: Annotating
    ) -> None:
        self._run_dir, self._index, self._records = run_dir, index, records
        self._lists, self._search, self._annotating = lists, search, annotating
        self._files = page_files()
        # Lists work on large arrays: more at a time would take more memory, and no less time. Records come from a store
        # that may be slow, and wait for it beside them.
        self._lists_at_a_time = anyio.CapacityLimiter(_LISTS)
        self._records_at_a_time = anyio.CapacityLimiter(_RECORDS)

    def application(self, token: str) -> ASGIApp:
        """Return the application that serves the viewer under `/token/`."""
        routes = [
            Route("/", self._file),
            Route("/static/{name}", self._file),
            Route("/api/state", self._json(self._state, None)),
            Route("/api/list", self._json(self._list, self._lists_at_a_time)),
            Route("/api/counts", self._json(self._counts, self._lists_at_a_time)),
            Route("/api/runs", self._json(self._runs, self._lists_at_a_time)),
            Route("/api/question", self._json(self._question, self._records_at_a_time)),
            Route("/api/record.json", self._json(self._record, self._records_at_a_time)),
            Route("/api/search", self._hits),
            Route("/api/annotations", self._annotate, methods=["POST"]),
        ]
        return Guard(Starlette(routes=routes), token, writable=self._annotating.person is not None)

    async def _file(self, request: Request) -> Response:
        """Answer with one of the page's files, by its name in the list."""
        file = self._files.get(request.path_params.get("name", PAGE))
        if file is None:
            return _sentence(404, "This file is none of the page's.")
        return Response(file.data, media_type=file.kind)

    def _json(
        self, answer: Callable[[Mapping[str, str]], Any], limiter: anyio.CapacityLimiter | None
    ) -> Callable[[Request], Any]:
        """Return an endpoint that answers with JSON, made in another thread."""

        async def endpoint(request: Request) -> Response:
            return await to_thread.run_sync(_answered, answer, request.query_params, limiter=limiter)

        return endpoint

    def _state(self, asked: Mapping[str, str]) -> dict[str, Any]:
        progress = asdict(self._index.progress)
        return shown_json(
            {
                "run_dir": self._run_dir,
                # Commands that are copied are typed elsewhere.
                "folder": absolute(self._run_dir),
                "version": self._index.known.version,
                "questions": self._index.known.questions,
                "progress": progress,
                "person": self._annotating.person,
                "annotations": self._annotating.trouble or in_numbers(self._annotating.said.agreement),
            }
        )

    def _list(self, asked: Mapping[str, str]) -> dict[str, Any]:
        page = self._lists.page(read(asked.get("f", "")), _number(asked, "offset", 0), _number(asked, "limit", 50))
        return {**page, "rows": [_shown_row(row) for row in page["rows"]]}

    def _counts(self, asked: Mapping[str, str]) -> dict[str, Any]:
        # A name is sent as it is, to be asked for, and as it is shown.
        counts = self._lists.counts(read(asked.get("f", "")))
        for facts in counts.values():
            facts["names"] = [{"name": name, "shown": shown_json(name), "n": n} for name, n in facts["names"]]
        return counts

    def _runs(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        return [{**one, "shown": shown_json(one["part"])} for one in self._lists.runs()]

    def _place(self, asked: Mapping[str, str]) -> Place:
        parts = self._index.known.parts
        if "at" in asked:
            return place_at(parts, _number(asked, "at", 0))
        return place_of(parts, asked.get("id", ""), asked.get("in"), _number(asked, "copy", 0))

    def _question(self, asked: Mapping[str, str]) -> dict[str, Any]:
        place = self._place(asked)
        record = shown(self._records.read(place))
        return {
            "place": {**shown_json(asdict(place)), **_named(place.question_id, place.folder, place.copy)},
            "records": [
                {**_named(one.question_id, one.folder, one.copy), "folder": shown_json(one.folder)}
                for one in places_of(self._index.known.parts, [place.question_id])[:_COPIES]
            ],
            "record": shown_json(record),
            "annotations": shown_json(self._annotating.of_record(place)),
        }

    def _record(self, asked: Mapping[str, str]) -> dict[str, Any]:
        return plain(self._records.read(self._place(asked)))

    async def _hits(self, request: Request) -> Response:
        """Answer with the hits of a search, as a stream."""
        asked = request.query_params
        try:
            hits = self._search.hits(asked.get("q", ""), read(asked.get("f", "")))
        except BadInput as error:
            return _sentence(400, str(error))
        return StreamingResponse(_lines(hits), media_type="application/x-ndjson")

    async def _annotate(self, request: Request) -> Response:
        """Keep what a person says of a step."""
        body = await request.body()
        return await to_thread.run_sync(_answered, self._kept, body, limiter=self._records_at_a_time)

    def _kept(self, body: bytes) -> dict[str, Any]:
        try:
            said = json.loads(body)
            named = {name: said.pop(name) for name in ("id", "in", "copy")}
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            raise BadInput("an annotation was got that is no JSON object with id, in and copy of a record.") from None
        if [type(one) for one in named.values()] != [str, str, int] or named["copy"] < 0:
            raise BadInput("a record was named by other values than two texts, id and in, and a number, copy.")
        place = place_of(self._index.known.parts, named["id"], named["in"], named["copy"])
        annotation = self._annotating.add(place.folder, self._records.read(place), said)
        return shown_json({"annotation": annotation, "agreement": in_numbers(self._annotating.said.agreement)})


def _named(question_id: str, folder: str, copy: int) -> dict[str, Any]:
    """Return what a record is asked for by, as it is: what is shown of an id may be another text."""
    return {"id": question_id, "in": folder, "copy": copy}


def _shown_row(row: dict[str, Any]) -> dict[str, Any]:
    return {**shown_json(row), **_named(row["question_id"], row["part"], row["copy"])}


def _answered(answer: Callable[[Any], Any], asked: Any) -> Response:
    """Return the answer as JSON, or what is wrong as one sentence."""
    try:
        return Response(_encoded(answer(asked)), media_type=JSON)
    except Missing as error:
        return _sentence(404, str(error))
    except Changed as error:
        return _sentence(409, str(error))
    except BadInput as error:
        return _sentence(400, str(error))
    except FactoryError as error:
        return _sentence(503, str(error))


def _encoded(value: Any) -> str:
    # ASCII only: line separators and lone surrogates are escapes.
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _sentence(status: int, sentence: str) -> Response:
    return Response(_encoded({"error": shown_json(sentence)}), status, media_type=JSON)


def _lines(hits: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Yield hits as lines of JSON; a store that fails is the last one."""
    try:
        for hit in hits:
            row = {"hit": _shown_row(hit["hit"])} if "hit" in hit else {}
            yield f"{_encoded({**shown_json(hit), **row})}\n"
    except FactoryError as error:
        yield f"{_encoded({'end': 'failed', 'error': shown_json(str(error))})}\n"


def _number(asked: Mapping[str, str], name: str, default: int) -> int:
    """Return a whole number of a request. Raises `BadInput` for anything else."""
    text = asked.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise BadInput(f"{name} is {text[:20]!r}. Expected a whole number.")
    return int(text)
