"""Requests as the server reads them, and what it refuses, in the words of vLLM and of OpenAI. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.openai_server.options import Options
from tools.openai_server.tokens import samples_in, text_of, typed

# What OpenAI's own API knows; a strict server refuses the rest.
_OPENAI_FIELDS = frozenset(
    """model prompt messages n max_tokens max_completion_tokens temperature top_p stop seed stream logprobs top_logprobs
    echo best_of user suffix presence_penalty frequency_penalty logit_bias response_format""".split()  # noqa: SIM905 - read as prose
)


class Refused(Exception):
    """Answer of another status than 200: `status` and the JSON `body`."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Request for completions that is fine.

    Attributes:
      prompts: token ids of each prompt.
      n: completions of each.
      max_tokens: most tokens of each.
      seed: seed; None for a random one.
      stop: strings that end a completion.
      ids: True where token ids are to be in the answer.
      logprobs: True where tokens and their places in the text are.
      tokens_as_ids: True where these tokens are to be named by their ids.
      chat: True where it came as a chat.
    """

    prompts: Sequence[Sequence[int]]
    n: int
    max_tokens: int
    seed: int | None
    stop: Sequence[str]
    ids: bool
    logprobs: bool
    tokens_as_ids: bool
    chat: bool


def error(status: int, message: str, kind: str, *, code: Any = None, param: str | None = None) -> Refused:
    """Return a refusal in the form that vLLM and OpenAI share.

    Args:
      status: HTTP status.
      message: sentence for the user.
      kind: `type` of the error.
      code: `code` of the error; the status where none is given, as vLLM has it.
      param: field of the request that is at fault.
    """
    body = {"message": message, "type": kind, "param": param, "code": status if code is None else code}
    return Refused(status, {"error": body})


def asked(options: Options, body: Mapping[str, Any], *, chat: bool) -> Asked:
    """Return what a request's JSON body asks for. Raises `Refused`."""
    _check_fields(options, body)
    if options.newer_bound and chat and "max_tokens" in body:
        message = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
        raise error(400, message, "invalid_request_error", code="unsupported_parameter", param="max_tokens")
    prompts = [_chat_ids(body)] if chat else _prompt_ids(options, body.get("prompt"))
    n = 1 if options.ignores_n else body.get("n") or 1
    if options.most_n and n > options.most_n:
        raise error(400, f"n is {n}, at most {options.most_n} are allowed", "BadRequestError", param="n")
    most = body.get("max_completion_tokens") or body.get("max_tokens") or (options.max_model_len if chat else 16)
    if most > options.max_model_len:
        message = f"max_tokens={most} cannot be greater than max_model_len={options.max_model_len}."
        raise error(400, message, "BadRequestError", param="max_tokens")
    longest = max(len(ids) for ids in prompts)
    if longest >= options.max_model_len:
        raise _too_long(options, longest, most)
    stop = body.get("stop") or []
    return Asked(
        prompts=prompts,
        n=n,
        max_tokens=min(most, options.max_model_len - longest),
        seed=body.get("seed"),
        stop=[stop] if isinstance(stop, str) else stop,
        ids=bool(body.get("return_token_ids")) and options.ids_out,
        logprobs=body.get("logprobs") not in (None, False),
        tokens_as_ids=bool(body.get("return_tokens_as_token_ids")),
        chat=chat,
    )


def tokenized(options: Options, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request of /tokenize. Raises `Refused`."""
    _check_model(options, body)
    ids = _chat_ids(body) if "messages" in body else typed(body["prompt"])
    return {"count": len(ids), "max_model_len": options.max_model_len, "tokens": ids, "token_strs": None}


def detokenized(options: Options, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request of /detokenize. Raises `Refused`."""
    _check_model(options, body)
    try:
        return {"prompt": text_of(body["tokens"])}
    except ValueError as problem:
        raise error(400, str(problem), "BadRequestError") from None


def _check_fields(options: Options, body: Mapping[str, Any]) -> None:
    unknown = sorted(set(body) - _OPENAI_FIELDS)
    if options.strict and unknown:
        message = f"Unrecognized request argument supplied: {unknown[0]}"
        raise error(400, message, "invalid_request_error", code="unknown_parameter", param=unknown[0])
    _check_model(options, body)


def _check_model(options: Options, body: Mapping[str, Any]) -> None:
    model = body.get("model")
    if model and model != options.model:
        raise error(404, f"The model `{model}` does not exist.", "NotFoundError", param="model")


def _prompt_ids(options: Options, prompt: Any) -> list[list[int]]:
    """Return the ids of each prompt: a text, ids, or a list of either."""
    if isinstance(prompt, str):
        return [typed(prompt)]
    if not isinstance(prompt, list) or not prompt:
        raise error(400, "either prompt or prompt_embeds must be provided and non-empty.", "BadRequestError")
    if isinstance(prompt[0], str):
        return [typed(text) for text in prompt]
    lists = [prompt] if isinstance(prompt[0], int) else prompt
    if not options.ids_in:
        raise error(400, "prompt: expected a string", "invalid_request_error", code="invalid_type", param="prompt")
    try:
        for ids in lists:
            text_of(ids)
    except ValueError as problem:
        raise error(400, str(problem), "BadRequestError") from None
    return lists


def _chat_ids(body: Mapping[str, Any]) -> list[int]:
    """Return the ids of a chat behind a template like those of real models."""
    messages = body.get("messages")
    if not messages:
        raise error(400, "messages: expected at least one", "BadRequestError", param="messages")
    turns = [f"<|{message['role']}|>\n{message['content']}" for message in messages]
    # The last message may be the beginning of the answer; then its turn stays open.
    if body.get("continue_final_message"):
        return typed("\n".join(turns))
    last = "\n<|assistant|>\n" if body.get("add_generation_prompt", True) else "\n"
    return typed("\n".join(turns) + last)


def _too_long(options: Options, longest: int, most: int) -> Refused:
    if options.strict:
        return error(
            400,
            f"This model's maximum context length is {options.max_model_len} tokens, however you requested "
            f"{longest + most} tokens ({longest} in your prompt; {most} for the completion). Please reduce your "
            "prompt; or completion length.",
            "invalid_request_error",
            code="context_length_exceeded",
            param="messages",
        )
    return error(
        400,
        f"This model's maximum context length is {options.max_model_len} tokens. However, your prompt contains "
        f"{longest} input tokens, which exceeds this limit even without any output tokens. Please reduce the length "
        "of the input prompt.",
        "BadRequestError",
        param="input_tokens",
    )


def sampled_from(ids: Sequence[int]) -> int:
    """Return the character of a prompt's text where what the server had sampled begins; its length for nowhere."""
    return len(text_of(ids[: samples_in(ids)]))
