"""Faults of the server: which one a request meets, by its number or by the time. No input or output."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, replace

REFUSALS = {
    "429": (429, {}, "rate limit reached"),
    "429 later": (429, {"Retry-After": "1"}, "rate limit reached"),
    "429 much later": (429, {"Retry-After": "3600"}, "quota used up"),
    "429 on a date": (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "rate limit reached"),
    "503": (503, {}, "overloaded"),
    "503 later": (503, {"Retry-After": "1"}, "overloaded"),
    "500": (500, {}, "internal error"),
    "400": (400, {}, "temperature must be at most 2"),
    "401": (401, {}, "wrong key"),
    "403": (403, {}, "not allowed for this key"),
    "404": (404, {}, "not here"),
    "413": (413, {}, "request too large"),
}
"""Faults that are a status with headers and an error of the API: name → (status, headers, message)."""

BODIES = {
    "html": "200 with a page of HTML, as a captive portal has it",
    "html 502": "502 with a page of HTML, as a proxy has it",
    "empty": "200 with an empty body",
    "not json": "200 with half a JSON text that claims to be whole",
    "no choices": "200 with an error in place of the choices",
    "null": "200 with the JSON text null",
    "deep json": "200 with 100,000 brackets, which overflow a recursive parser",
    "one choice less": "an answer with one completion less than was asked for",
    "no ids": "an answer without the token ids that were asked for",
    "other ids": "an answer whose token ids are not those of its text",
    "huge ids": "an answer with token ids that no 32 bits hold",
    "other prompt": "an answer whose prompt ids are not those that were sent",
    "other model": "an answer by another model",
    "abort": "an answer that was aborted in the middle",
    "surrogate": "an answer with half of a surrogate pair in its text",
    "no usage": "an answer without usage",
    "no stop reason": "an answer whose stop reason is null whatever ended it",
    "nan": "an answer with NaN in its usage",
}
"""Faults that are another body: name → what it is."""

WIRES = {
    "half": "half of the body, then the end of the connection",
    "half and hang": "half of the body, then nothing",
    "silence": "nothing, on an open connection",
    "closed": "the end of the connection in place of an answer",
    "reset": "the connection reset in place of an answer",
    "drip": "the answer, a byte a second",
    "not http": "something that is no HTTP",
    "redirect": "a redirect to another host (`FaultPlan.elsewhere`)",
    "huge": "a body of 8 GiB, as fast as it is read",
    "huge chunks": "a body without end, in chunks",
    "huge header": "a header without end",
    "bomb": "a body of 8 MiB that unpacks to 8 GiB",
}
"""Faults of the connection: name → what comes."""

KINDS = (*REFUSALS, *BODIES, *WIRES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Fault of some requests, by number and by time; all conditions have to hold.

    Attributes:
      kind: name in `REFUSALS`, `BODIES` or `WIRES`, or "none".
      first: number of the first request that meets it, from 1 on.
      last: number of the last one; None for all that come.
      every: only each so-manieth of them.
      after_s, until_s: seconds since the server's start between which it happens.
      path, containing: pieces of the path and of the body of the requests that meet it; only those are counted.
    """

    kind: str
    first: int = 1
    last: int | None = None
    every: int = 1
    after_s: float = 0.0
    until_s: float = float("inf")
    path: str = "/completions"
    containing: str = ""

    def __post_init__(self) -> None:
        if self.kind not in (*KINDS, "none"):
            raise ValueError(f"there is no fault {self.kind!r}; expected one of {', '.join(KINDS)}, none")

    def hits(self, number: int, seconds: float) -> bool:
        """Return True for the request of this number, `seconds` after the server's start."""
        counted = self.first <= number and (self.last is None or number <= self.last)
        return counted and (number - self.first) % self.every == 0 and self.after_s <= seconds < self.until_s


class FaultPlan:
    """Plan that decides about one request after another. Safe to use from several threads.

    Attributes:
      counts: requests by what happened to them; "none" for those that were answered.
      elsewhere: URL to which a "redirect" leads.
    """

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self.elsewhere = "http://127.0.0.1:9/v1"
        self._faults = list(faults)
        self._numbers: Counter[tuple[str, str]] = Counter()
        self._mutex = threading.Lock()
        self.started()

    def started(self) -> None:
        """Count seconds from now on; numbers go on."""
        self._start = time.monotonic()

    def force(self, kind: str, n: int | None = 1, *, path: str = "/completions", containing: str = "") -> None:
        """Give the next requests a fault.

        Args:
          kind: the fault.
          n: how many requests; None for all.
          path: piece of their path.
          containing: piece of their body.
        """
        with self._mutex:
            first = self._numbers[path, containing] + 1
            last = None if n is None else first + n - 1
            self._faults.insert(0, Fault(kind=kind, first=first, last=last, path=path, containing=containing))

    def add(self, *faults: Fault) -> None:
        """Add faults whose numbers count the requests from now on."""
        with self._mutex:
            for fault in faults:
                now = self._numbers[fault.path, fault.containing]
                last = None if fault.last is None else fault.last + now
                self._faults.append(replace(fault, first=fault.first + now, last=last))

    def heal(self) -> None:
        """Forget all faults."""
        with self._mutex:
            self._faults.clear()

    def draw(self, path: str, body: str = "") -> str:
        """Return the fault of the next request of this path and body, or "none"."""
        with self._mutex:
            seconds = time.monotonic() - self._start
            for piece, words in {("/completions", ""), *((fault.path, fault.containing) for fault in self._faults)}:
                self._numbers[piece, words] += piece in path and words in body
            for fault in self._faults:
                number = self._numbers[fault.path, fault.containing]
                if fault.path in path and fault.containing in body and fault.hits(number, seconds):
                    self.counts[fault.kind] += 1
                    return fault.kind
            self.counts["none"] += 1
            return "none"
