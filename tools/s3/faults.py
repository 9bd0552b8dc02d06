"""Faults of `tools/s3/fault_proxy.py`: probabilities, forced faults and S3's own errors. No I/O."""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields
from random import Random

from factory.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probability of each fault, per request; at most one happens to it. All other requests pass untouched."""

    # Answered up to `max_latency_s` late.
    latency: float = 0.0
    # Connection reset, nothing was passed on.
    reset_before: float = 0.0
    # Reset after half of the request or, as often, after half of the answer.
    reset_midway: float = 0.0
    # Nothing is passed on and nothing answered for `stall_s`, then reset.
    stall: float = 0.0
    error_500: float = 0.0
    error_503: float = 0.0
    error_429: float = 0.0
    # Only for PUT; others go through.
    error_409: float = 0.0
    # Carried out by the server, but reset before the answer.
    lost_response: float = 0.0
    max_latency_s: float = 0.5
    stall_s: float = 30.0

    def __post_init__(self) -> None:
        # So that nan is caught, too.
        if not (min(self.weights().values()) >= 0 and self.total() <= 1 + 1e-9):
            raise BadInput(f"fault probabilities are {self.weights()}; expected none below 0 and at most 1 together")

    @classmethod
    def of(cls, rate: float, *, max_latency_s: float = 0.5, stall_s: float = 30.0) -> Faults:
        """Return faults with a total probability of `rate`, the same for every kind.

        Args:
          rate: probability that any fault happens to a request, 0 to 1.
          max_latency_s: longest delay of an answer.
          stall_s: seconds before a stalled connection is reset.
        """
        return cls(**dict.fromkeys(KINDS, rate / len(KINDS)), max_latency_s=max_latency_s, stall_s=stall_s)

    def weights(self) -> dict[str, float]:
        """Return the probability of each kind of fault."""
        return {kind: getattr(self, kind) for kind in KINDS}

    def total(self) -> float:
        """Return the probability of any fault."""
        return sum(self.weights().values())


KINDS = tuple(field.name for field in fields(Faults) if not field.name.endswith("_s"))


@dataclass(frozen=True, slots=True)
class S3Error:
    """Error as S3 reports it: (code, HTTP status), such as ("AccessDenied", 403)."""

    code: str
    status: int

    def response(self, method: str) -> bytes:
        """Return the whole answer to a request of this method."""
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code>'
            "<Message>made up by the fault proxy</Message><RequestId>0</RequestId></Error>"
        ).encode()
        head = f"HTTP/1.1 {self.status} {self.code}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}"
        return f"{head}\r\n\r\n".encode() + (b"" if method == "HEAD" else body)


ERRORS = {
    "error_500": S3Error("InternalError", 500),
    "error_503": S3Error("SlowDown", 503),
    "error_429": S3Error("TooManyRequests", 429),
    "error_409": S3Error("ConditionalRequestConflict", 409),
}


@dataclass(slots=True)
class _Forced:
    """Fault for the next `left` requests that match; None for all of them."""

    what: str | S3Error
    left: int | None
    method: str | None
    containing: str

    def matches(self, method: str, path: str) -> bool:
        return self.method in (None, method) and self.containing in path


class FaultPlan:
    """Plan that decides about one request after another. Safe to use from several threads."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self._rng = Random(seed)
        self._forced: list[_Forced] = []
        self._mutex = threading.Lock()

    def force(self, what: str | S3Error, n: int | None = 1, *, method: str | None = None, containing: str = "") -> None:
        """Force a fault on the next requests, as `FaultProxy.force` says.

        Args:
          what: kind of fault, or an error to answer with.
          n: how many requests; None for all.
          method: HTTP method of the requests; None for any.
          containing: text that their path contains.
        """
        if isinstance(what, str) and what not in (*KINDS, "none"):
            raise BadInput(f"there is no fault {what!r}; expected one of {', '.join(KINDS)}, none")
        with self._mutex:
            self._forced.append(_Forced(what, n, method, containing))

    def heal(self) -> None:
        """Stop all faults from now on, forced or drawn."""
        with self._mutex:
            self._forced.clear()
            self.faults = Faults(max_latency_s=self.faults.max_latency_s, stall_s=self.faults.stall_s)

    def draw(self, method: str, path: str) -> tuple[str | S3Error, float]:
        """(fault or "none", a number in [0, 1) for its details).

        Two numbers are drawn whatever happens, so that the n-th request's fate depends on the seed alone.
        """
        with self._mutex:
            first, second = self._rng.random(), self._rng.random()
            for forced in self._forced:
                if forced.matches(method, path):
                    if forced.left is not None:
                        forced.left -= 1
                        self._forced = [other for other in self._forced if other.left != 0]
                    return forced.what, second
            for kind, weight in self.faults.weights().items():
                if first < weight:
                    return ("none" if kind == "error_409" and method != "PUT" else kind), second
                first -= weight
        return "none", second
