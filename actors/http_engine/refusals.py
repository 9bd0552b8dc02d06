"""Refusals of servers: what an answer with another status than 200 means, and for whom. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from actors.http_engine.answers import BadAnswer, json_of, shown
from actors.http_engine.wire import Reply

_TOO_LONG = re.compile(
    r"context[ _-]*(length|window|size|limit)|max_model_len|maximum model length|prompt[^.]{0,60} too (long|large)|"
    r"input[^.]{0,60} (too long|longer than|exceeds the maximum)|inputs?` tokens|"
    r"reduce the length of the (messages|prompt|input)",
    re.IGNORECASE,
)
# Written in front of a server's own words.
_STATUS = re.compile(r"HTTP \d{3}\b")
# Characters of a server's words that are read.
_READ = 4096
_MAX_COMPLETION = re.compile(r"max_completion_tokens", re.IGNORECASE)


class Trouble(Enum):
    """Kind of trouble with a server, or with a request."""

    BUSY = auto()
    """It has too much to do, or will not serve that much in that time (429, 503)."""
    KEY = auto()
    """It does not accept the key (401, 403)."""
    ABSENT = auto()
    """It has no such route or model (404, 405)."""
    TOO_LONG = auto()
    """This prompt is too long for it."""
    REFUSED = auto()
    """It refuses this request as it is (400, 422 and the like)."""
    BROKEN = auto()
    """Anything else: its own errors, redirects, pages of a proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Refusal of a request: its kind, what the server says, in one line, and its words, as many as are read."""

    trouble: Trouble
    said: str
    words: str = ""


def refusal_of(reply: Reply) -> Refusal | None:
    """Return what is wrong with a reply, going by its status; None for 200."""
    status = reply.status
    if status == 200:
        return None
    message = message_in(reply)
    said = f"HTTP {status}" + (f": {shown(message)}" if message else "")
    if 300 <= status < 400:
        return Refusal(
            trouble=Trouble.BROKEN, said=f"HTTP {status}, a redirect to {shown(reply.location) or 'nowhere'}"
        )
    trouble = {
        429: Trouble.BUSY,
        503: Trouble.BUSY,
        529: Trouble.BUSY,
        401: Trouble.KEY,
        403: Trouble.KEY,
        404: Trouble.ABSENT,
        405: Trouble.ABSENT,
        501: Trouble.ABSENT,
        413: Trouble.TOO_LONG,
    }.get(status)
    if trouble is None and status in (400, 422) and message:
        trouble = Trouble.TOO_LONG if _TOO_LONG.search(message) else Trouble.REFUSED
    return Refusal(trouble=trouble or Trouble.BROKEN, said=said, words=message)


def message_in(reply: Reply) -> str:
    """Return the message of an error as OpenAI's, vLLM's and FastAPI's servers write it; "" where there is none.

    It is one line, of up to 4,096 characters: what tells one refusal from another may stand behind a long text.
    """
    try:
        body = json_of(reply)
    except BadAnswer:
        return ""
    error = body.get("error", body)
    if isinstance(error, dict):
        for name in ("message", "detail", "msg"):
            if isinstance(text := error.get(name), str) and text:
                code = error.get("code")
                line = shown(text, _READ)
                return f"{line} ({shown(code)})" if isinstance(code, str) and code not in text else line
        error = error.get("detail", "")
    return shown(error if isinstance(error, str) else str(error), _READ) if error else ""


def wants_max_completion_tokens(words: str) -> bool:
    """Return whether a server asks to have its bound called `max_completion_tokens`."""
    return bool(_MAX_COMPLETION.search(words))


def tokens_in(said: str, most: int, asked: int) -> int | None:
    """Return how many tokens a prompt has, where a server that finds it too long says so; None where it does not.

    Of the numbers that it says, it is the largest that leaves room below `most`, its context. The bound on new tokens
    that was `asked` for is said, too, and is not it, unless there is no other: the solution would be cut off too early.
    """
    numbers = [int(number) for number in re.findall(r"\d{1,9}", _STATUS.sub("", said))]
    fitting = [number for number in numbers if 16 <= number < most]
    return max((number for number in fitting if number != asked), default=asked if asked in fitting else None)
