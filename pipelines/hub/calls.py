"""Calls to the Hub: bounded in time, tried again where that may help, one sentence where it cannot.

huggingface_hub has no time-outs of its own for most requests and repeats only some of them.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from traceback import walk_tb
from typing import TypeVar

import httpx2
from huggingface_hub import HfApi, get_token, set_client_factory
from huggingface_hub import logging as hub_logging
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import parse_ratelimit_headers, validate_repo_id
from huggingface_hub.utils._http import default_client_factory, hf_request_event_hook
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from factory.errors import BadInput, FactoryError, StorageFailed
from factory.interfaces import Say

T = TypeVar("T")

TOKENS = "https://huggingface.co/settings/tokens"
GOES_ON = "Repeat the command: it goes on where it stopped."
_WRITE = f"Expected a token with write permission there; make one at {TOKENS}."
# Beginnings of the ValueErrors by which huggingface_hub reports a refusal.
_REFUSALS = ("Invalid metadata in README.md", "LFS batch API returned errors")
# By 409 and 412 the Hub says that somebody else commits at this moment.
_MOMENTARY = {408, 409, 412, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPatience:
    """Limits of waiting for the Hub.

    * `connect_s`, `answer_s`: seconds for a connection, and for any answer.
    * `attempts`: how often a call is sent.
    * `longest_pause_s`: seconds between two attempts, at most.
    * `longest_asked_s`: seconds between two attempts that the Hub itself may ask for, at most.
    """

    connect_s: float = 15.0
    answer_s: float = 180.0
    attempts: int = 6
    longest_pause_s: float = 30.0
    longest_asked_s: float = 600.0


class Hub:
    """Data set on the Hub, as one user sees it."""

    def __init__(
        self, repo_id: str, *, say: Say, patience: HubPatience | None = None, endpoint: str | None = None
    ) -> None:
        """Read the token and check the id. The token is never part of a message.

        Args:
          repo_id: NAMESPACE/NAME.
          say: hears why a call is tried again.
          patience: limits of waiting.
          endpoint: URL of the Hub; the public one if not given.

        Raises:
          BadInput: malformed id, or no token.
        """
        _check_id(repo_id)
        token = get_token()
        if token is None:
            raise BadInput(
                f"there is no token for the Hub. Make one that may write at {TOKENS}, then `hf auth login`, or put it "
                "into the environment as HF_TOKEN."
            )
        self.repo_id, self.say, self._token = repo_id, say, token
        self.patience = patience or HubPatience()
        self.api = HfApi(endpoint=endpoint, token=token, library_name="selfplay-factory")

    def __call__(self, what: str, call: Callable[[], T]) -> T:
        """Return the result of `call`, which may be repeated. `what` names it in messages ("push data").

        Raises `StorageFailed` where the Hub stays away, `BadInput` where it refuses.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.patience.attempts),
            wait=self._pause,
            retry=retry_if_exception(self._may_pass),
            before_sleep=lambda state: self._tell(what, state),
            reraise=True,
        )
        try:
            return retrying(call)
        except FactoryError:
            raise
        except Exception as error:
            # A bug keeps its traceback.
            if (named := self.named(what, error)) is None:
                raise
            raise named from None

    def named(self, what: str, error: Exception) -> FactoryError | None:
        """Return an error as one sentence; None for a bug. The sentence does not hold the token."""
        told = self._sentence(what, root_of(error))
        if told is None:
            return None
        return (StorageFailed if told.endswith(GOES_ON) else BadInput)(self._clean(told))

    def _clean(self, line: str) -> str:
        """Return a line without the token."""
        return line.replace(self._token, "[token]")

    def _may_pass(self, error: BaseException) -> bool:
        """Return True where the same call may succeed after a pause that is not too long."""
        return momentary(error) and (asked_pause(error) or 0) <= self.patience.longest_asked_s

    def _pause(self, state: RetryCallState) -> float:
        """Return the seconds until the next attempt: what the Hub asks for, otherwise longer and longer."""
        error = state.outcome.exception() if state.outcome else None
        if (asked := asked_pause(error)) is not None:
            return asked + 1.0
        return wait_random_exponential(multiplier=1, max=self.patience.longest_pause_s)(state)

    def _tell(self, what: str, state: RetryCallState) -> None:
        """Say why a call is tried again, and when."""
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0.0
        asks = ", as the Hub asks" if asked_pause(error) is not None else ""
        self.say(self._clean(f"cannot {what} ({_reason(root_of(error))}); trying again in {pause:.0f} s{asks}"))

    def _sentence(self, what: str, error: BaseException | None) -> str | None:
        """Return what went wrong and what to do, in one sentence; None for a bug.

        A sentence that ends with `GOES_ON` is about a Hub that stays away; any other one is for the user to mend.
        """
        where, reason = f"{self.repo_id} at {self.api.endpoint}", _reason(error)
        refused = f"the Hub refuses to {what} in {where}: {reason}. Expected it to take what `factory export` wrote."
        # Specific errors come first: most of them are kinds of the later ones.
        match error:
            case RepositoryNotFoundError():
                return f"there is no data set {where}, or the token may not see it. Expected one it may write to."
            case RevisionNotFoundError():
                return f"{where} has no such revision; could not {what}. Name a branch that is there."
            case HfHubHTTPError() if error.response.status_code == 401:
                return f"{self.api.endpoint} refuses the token as invalid. Make one that may write at {TOKENS}."
            case HfHubHTTPError() if error.response.status_code in (402, 403):
                return f"the token may not {what} in {where} ({reason}). {_WRITE}"
            case HfHubHTTPError() if error.response.status_code not in _MOMENTARY:
                return refused
            case ValueError() if str(error).startswith(_REFUSALS):
                return refused
            case HfHubHTTPError() if (asked := asked_pause(error) or 0) > self.patience.longest_asked_s:
                return f"{self.api.endpoint} asks to wait {asked:,} s ({reason}). Do; {GOES_ON}"
            case PermissionError() if type(error).__module__ == "hf_xet":
                return f"the token may not {what} in {where} ({reason}). {_WRITE}"
            case OfflineModeIsEnabled():
                return "HF_HUB_OFFLINE is set: nothing is sent to the Hub. Unset it to push."
            case OSError() if error.filename is not None:
                return f"{error.filename} cannot be read ({error.strerror}). Export again."
            # An OSError without a file name is hf_xet's.
            case httpx2.HTTPError() | json.JSONDecodeError() | OSError():
                return f"could not {what} in {where}, last with {reason}. {GOES_ON}"
            case RuntimeError() if _is_of_xet(error):
                return f"could not {what} in {where}, last with {reason}. {GOES_ON}"
        return None


@contextmanager
def bounded(patience: HubPatience) -> Iterator[None]:
    """Give every request of huggingface_hub in the block a time-out, also those that ask for none."""

    def bound(request: httpx2.Request) -> None:
        # A time-out that a request brings is kept.
        timeouts = request.extensions.get("timeout") or {}
        limits = {"connect": patience.connect_s, "read": patience.answer_s, "write": patience.answer_s, "pool": 60.0}
        request.extensions["timeout"] = {key: timeouts.get(key) or limit for key, limit in limits.items()}

    def client() -> httpx2.Client:
        # Like default_client_factory's, which would read the certificates anew for every client and every proxy.
        hooks = {"request": [hf_request_event_hook, bound]}
        return httpx2.Client(verify=_trusted(), event_hooks=hooks, follow_redirects=True, timeout=None)

    verbosity = hub_logging.get_verbosity()
    # Warnings of huggingface_hub repeat URLs that are signed, which are secret.
    hub_logging.set_verbosity_error()
    set_client_factory(client)
    try:
        yield
    finally:
        set_client_factory(default_client_factory)
        hub_logging.set_verbosity(verbosity)


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates to check the Hub's by. They are read once in a process: that takes 50 ms each time."""
    return httpx2.create_ssl_context()


def momentary(error: BaseException) -> bool:
    """Return True where the same call may succeed a little later.

    hf_xet's errors do not count: it has tried for minutes.
    """
    root = root_of(error)
    if isinstance(root, HfHubHTTPError):
        return root.response.status_code in _MOMENTARY
    # An answer that is no JSON comes from something in between, or was cut off.
    return isinstance(root, httpx2.TransportError | json.JSONDecodeError)


def root_of(error: BaseException | None) -> BaseException | None:
    """Return the failed request behind what an upload raises (a RuntimeError that names the file), or the error."""
    seen = error
    while seen is not None:
        if isinstance(seen, httpx2.HTTPError | json.JSONDecodeError):
            return seen
        seen = seen.__cause__
    return error


def asked_pause(error: BaseException | None) -> int | None:
    """Return the seconds that the Hub asks to wait before the next request; None where it does not ask."""
    root = root_of(error)
    if not isinstance(root, HfHubHTTPError):
        return None
    headers = root.response.headers
    limit = parse_ratelimit_headers(headers)
    # The rate-limit headers are more exact than retry-after.
    if root.response.status_code == 429 and limit is not None and limit.remaining == 0:
        return limit.reset_in_seconds
    after = str(headers.get("retry-after", "")).strip()
    return int(after) if after.isdecimal() else None


def _is_of_xet(error: RuntimeError) -> bool:
    """Return True for an error of what huggingface_hub calls, not a bug of ours: hf_xet has no frames of its own."""
    frames = list(walk_tb(error.__traceback__))
    return bool(frames) and str(frames[-1][0].f_globals.get("__name__")).startswith("huggingface_hub.")


def _reason(error: BaseException | None) -> str:
    """Return an error in a few words."""
    if isinstance(error, HfHubHTTPError):
        said = (error.server_message or "").strip().splitlines()
        return f"HTTP {error.response.status_code}{f': {said[0]}' if said else ''}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ": ".join([type(error).__name__, *([" ".join(lines[:3])] if lines else [])])


def _check_id(repo_id: str) -> None:
    """Raise `BadInput` for what is no NAMESPACE/NAME."""
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise BadInput(f"{error} Expected NAMESPACE/NAME, such as me/my-data.") from None
    if "/" not in repo_id:
        raise BadInput(f"{repo_id!r} names no user or organization. Expected NAMESPACE/NAME, such as me/{repo_id}.")
