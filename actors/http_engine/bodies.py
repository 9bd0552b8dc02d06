"""Bodies of requests to servers, as plain values for JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.http_engine.abilities import Abilities, Route
from factory.errors import BadInput
from factory.tokens import Tokens
from factory.types import Message, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Request as a server gets it.

    * `route`: where to.
    * `ids`: prompt and prefix as token ids; None where they go as text.
    * `text`: the same as text, for /completions.
    * `messages`: prompt, for /chat/completions; `prefix` is the beginning of the reply.
    * `n`, `seed`, `sampling`: as in `GenerateRequest`; no seed is None.
    * `max_tokens`: bound on the new tokens.
    * `templated`: True where `text` holds a chat template's special tokens already.
    * `whole`: True where one step is wanted of a server that does not say what ended it: it is asked for a whole
      solution, and the step is cut out of that.
    * `keep_special`: True where special tokens are to stay in the text, as marks of thoughts are among them.
    * `begun`: True where a chat template that was rendered here has opened a thought.
    """

    route: Route
    ids: Tokens | None = None
    text: str = ""
    messages: Sequence[Message] = ()
    prefix: str = ""
    n: int = 1
    seed: int | None = None
    sampling: Sampling
    max_tokens: int
    templated: bool = False
    whole: bool = False
    keep_special: bool = False
    begun: bool = False

    @property
    def stop(self) -> list[str]:
        """Strings that end a sample at the server."""
        return [*self.sampling.stop, *(() if self.whole else self.sampling.until)]


def body_of(asked: Asked, model: str, abilities: Abilities) -> dict[str, Any]:
    """Return the body of a request.

    Args:
      asked: the request.
      model: name of the model at the servers.
      abilities: what they can.
    """
    settings = _settings(asked, abilities)
    if asked.route is Route.GENERATE:
        settings |= {"stop": asked.stop, "n": asked.n, "max_tokens": asked.max_tokens}
        ids = list(asked.ids or ())
        return {"model": model, "token_ids": ids, "sampling_params": settings, "output_mode": "text"}
    body: dict[str, Any] = {"model": model, "stream": False, **settings}
    if asked.n > 1:
        body["n"] = asked.n
    if asked.stop:
        body["stop"] = asked.stop
    if asked.route is Route.CHAT:
        body |= {"messages": messages_of(asked.messages, asked.prefix), abilities.max_tokens: asked.max_tokens}
        return body | (continuing() if asked.prefix.strip() else {})
    body["max_tokens"] = asked.max_tokens
    if asked.ids is not None:
        return body | {"prompt": list(asked.ids), "return_token_ids": True}
    return body | {"prompt": asked.text} | ({"add_special_tokens": False} if asked.templated else {})


def single(asked: Asked, sample: int) -> Asked:
    """Return the request for one of several samples; each has a seed of its own, or all would be the same."""
    return replace(asked, n=1, seed=None if asked.seed is None else (asked.seed + sample) & 0x7FFFFFFF)


def messages_of(messages: Sequence[Message], prefix: str) -> list[dict[str, str]]:
    """Return messages as a server reads them, with the beginning of the reply as the last one.

    White space at its end is left out: many chat templates drop it, so that what follows would depend on the model.
    """
    said = [{"role": role, "content": content} for role, content in messages]
    return [*said, {"role": "assistant", "content": prefix.rstrip()}] if prefix.strip() else said


def continuing() -> dict[str, bool]:
    """Return the settings by which a chat server continues the last message instead of answering it."""
    return {"continue_final_message": True, "add_generation_prompt": False}


def _settings(asked: Asked, abilities: Abilities) -> dict[str, Any]:
    """Return the settings of sampling. A server's own defaults are another model's than ours, so all are said."""
    sampling = asked.sampling
    settings: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p}
    if abilities.extras:
        # What a model's folder recommends is a server's default.
        settings |= {"top_k": sampling.top_k}
        settings |= {"min_p": sampling.min_p, "repetition_penalty": sampling.repetition_penalty}
        if asked.keep_special and asked.route is not Route.CHAT:
            # Of chat a server takes the thoughts out by itself, or does not.
            settings["skip_special_tokens"] = False
        if sampling.thinking_token_budget is not None:
            settings["thinking_token_budget"] = sampling.thinking_token_budget
    else:
        _refuse_extras(sampling)
        if sampling.top_k > 0:
            settings["top_k"] = sampling.top_k
    # Any server knows these, and all of them have 0 as their default.
    for name in ("presence_penalty", "frequency_penalty"):
        if penalty := getattr(sampling, name):
            settings[name] = penalty
    if asked.seed is not None:
        settings["seed"] = asked.seed
    return settings


def _refuse_extras(sampling: Sampling) -> None:
    """Raise `BadInput` for settings that were changed and that only vLLM's servers, and those like them, understand."""
    usual = Sampling()
    for name in ("min_p", "repetition_penalty", "thinking_token_budget"):
        value = getattr(sampling, name)
        if value != getattr(usual, name):
            raise BadInput(
                f"sampling.{name} is {value}, which this server does not understand; expected it left out, or a "
                "server of vLLM's kind"
            )
