"""Answers of servers, read with suspicion: what is not exactly what was asked for is refused. Pure.

A body comes from whatever listens at a URL: a proxy's page, half an answer, another model's. None of it may become a
sample, let alone a label.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from actors.http_engine.abilities import Route
from actors.http_engine.wire import Reply
from factory.reasoning.thoughts import CLOSING, OPENING
from factory.rollouts.cost import RoleCost
from factory.tokens import Tokens
from factory.types import LENGTH

_ENDS = {"stop": "stop", "length": LENGTH}
# Characters of a server's text in a message.
_SHOWN = 160


class BadAnswer(Exception):
    """Answer that is not what was asked for. `other_model` is True where another model gave it."""

    other_model = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Sample of a server.

    * `text`: its text, without the stop string.
    * `ids`: its token ids; None where the server gives none.
    * `finish_reason`: why it ended.
    * `stopped_by`: stop string that ended it, if any; None, too, where the server does not say.
    * `names_stop`: True where it says.
    """

    text: str
    ids: Tokens | None
    finish_reason: str
    stopped_by: str | None = None
    names_stop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Samples of one answer, and what they cost.

    * `model`: model that the server says has answered; "" where it says none.
    * `prompt_ids`: prompt as the server has read it; None where it does not say.
    * `prompt_tokens`, `cached_tokens`, `completion_tokens`: what the server bills; None where it does not say.
    """

    samples: tuple[Sample, ...]
    model: str
    prompt_ids: Tokens | None
    prompt_tokens: int | None
    cached_tokens: int
    completion_tokens: int | None


def answer_in(reply: Reply, route: Route, n: int, models: Collection[str] = ()) -> Answer:
    """Return the samples in a reply with status 200.

    Args:
      reply: the reply.
      route: route that was asked.
      n: samples that were asked for.
      models: names that the model answers by; empty takes any.

    Raises:
      BadAnswer: it is something else, or not whole.
    """
    body = json_of(reply)
    model = body.get("model")
    model = model if isinstance(model, str) else ""
    if models and model and model not in models:
        wrong = BadAnswer(f"an answer of model {shown(model)}")
        wrong.other_model = True
        raise wrong
    choices = body.get("choices")
    if not isinstance(choices, list) or len(choices) != n:
        given = len(choices) if isinstance(choices, list) else "no"
        raise BadAnswer(f"an answer with {given} samples, {n} were asked for")
    # The order is the server's own; the index is what counts.
    samples = tuple(_sample(choice, route) for choice in sorted(choices, key=_index))
    read, cached, sampled = _usage(body)
    first = choices[0] if choices else {}
    return Answer(
        samples=samples,
        model=model,
        prompt_ids=_ids(first.get("prompt_token_ids", body.get("prompt_token_ids"))),
        prompt_tokens=read,
        cached_tokens=cached or 0,
        completion_tokens=sampled,
    )


def paid_for(reply: Reply) -> RoleCost:
    """Return the tokens that a reply of no use bills all the same, as far as it says."""
    try:
        read, cached, sampled = _usage(json_of(reply))
    except BadAnswer:
        return RoleCost()
    return RoleCost(0, read or 0, min(cached or 0, read or 0), sampled or 0)


def json_of(reply: Reply) -> dict[str, Any]:
    """Return the JSON object in a reply. Raises `BadAnswer` where there is none."""
    if not reply.body.strip():
        raise BadAnswer("an empty answer")
    try:
        body = json.loads(reply.body.decode())
    except (ValueError, RecursionError):
        if reply.content_type == "text/html" or reply.body.lstrip()[:1] == b"<":
            raise BadAnswer("a page of HTML") from None
        raise BadAnswer("an answer that is no JSON, or half of one") from None
    if not isinstance(body, dict):
        raise BadAnswer("JSON that is no object")
    return body


def shown(text: str, most: int = _SHOWN) -> str:
    """Return a server's text for a message: one line of `most` characters, without control characters."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 2 * most]).split())
    return line if len(line) <= most else f"{line[:most]}…"


def _usage(body: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
    """Return the tokens that an answer bills: read, of these cached, sampled; None where it does not say."""
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    return _count(usage.get("prompt_tokens")), _count(cached), _count(usage.get("completion_tokens"))


def _index(choice: Any) -> int:
    """Return the place of a choice among the others; raises `BadAnswer` for what is no choice."""
    if not isinstance(choice, dict):
        raise BadAnswer("a sample that is no object")
    return _count(choice.get("index")) or 0


def _sample(choice: dict[str, Any], route: Route) -> Sample:
    """Return the sample in one choice."""
    reason = choice.get("finish_reason")
    if not isinstance(reason, str) or reason not in _ENDS:
        # "abort" is half a sample; a filter's verdict is no end of a solution either.
        raise BadAnswer(f"a sample that ended by {shown(str(reason))}")
    text = choice.get("text")
    if route is Route.CHAT:
        message = choice.get("message")
        text = _said(message) if isinstance(message, dict) else None
    if not isinstance(text, str):
        raise BadAnswer("a sample without text")
    # Half a character can be in JSON, and in no file.
    whole = text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    # vLLM and SGLang give it another name. Where a token ended it, it is that token's id.
    named = [choice[name] for name in ("stop_reason", "matched_stop") if name in choice]
    return Sample(
        text=whole,
        ids=_ids(choice.get("token_ids")),
        finish_reason=_ENDS[reason],
        stopped_by=next((one for one in named if isinstance(one, str)), None),
        names_stop=bool(named),
    )


def _said(message: dict[str, Any]) -> Any:
    """Return what a chat message says; thoughts that the server has taken out stand in front, in marks of their own."""
    text = message.get("content")
    # vLLM has renamed the field; DeepSeek's servers and others have the older name.
    thoughts = message.get("reasoning") or message.get("reasoning_content")
    if isinstance(thoughts, str) and thoughts.strip():
        thought = f"{OPENING}{thoughts.strip()}"
        # A model that only thought before it was cut off has said nothing.
        return thought if text is None else f"{thought}{CLOSING}{text.lstrip()}" if isinstance(text, str) else text
    return "" if text is None and "content" in message else text


def _ids(value: Any) -> Tokens | None:
    """Return token ids; None where there are none. Raises `BadAnswer` for a list of anything else."""
    if not isinstance(value, list):
        return None
    if not all(type(token) is int for token in value):
        raise BadAnswer("token ids that are no integers")
    try:
        return Tokens(value)
    except ValueError:
        raise BadAnswer("token ids that are no integers of 32 bits") from None


def _count(value: Any) -> int | None:
    """Return a count of tokens; None for anything else."""
    return value if type(value) is int and 0 <= value < 2**31 else None
