"""Answers of the server as JSON: completions, chats, its model, its metrics. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.openai_server.options import Options
from tools.openai_server.requests import Asked
from tools.openai_server.tokens import END, pieces, sampled, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Completion: its text without the stop string, all tokens that were sampled, why it ended, and by which string."""

    text: str
    ids: Sequence[int]
    finish_reason: str
    stop_reason: str | None = None


def sample_of(text: str, asked: Asked) -> Sample:
    """Return what a client gets of a text that the writer would have written: cut off at a stop string or a limit.

    As in vLLM, the tokens are those up to the end of the text or of the stop string, the end token included.
    """
    # The one that is complete first; of two, the one that was named first.
    ends = [(text.index(stop) + len(stop), place) for place, stop in enumerate(asked.stop) if stop in text]
    if ends:
        end, place = min(ends)
        stop = asked.stop[place]
        at = end - len(stop)
        ids = sampled(text)
        # A token may hold the end of the stop string and what comes behind it.
        lengths, length = 0, 0
        for piece in pieces(ids):
            if length >= at + len(stop):
                break
            length += len(piece)
            lengths += 1
        if lengths <= asked.max_tokens:
            return Sample(text=text[:at], ids=ids[:lengths], finish_reason="stop", stop_reason=stop)
    ids = [*sampled(text), END]
    if len(ids) <= asked.max_tokens:
        return Sample(text=text, ids=ids, finish_reason="stop")
    ids = ids[: asked.max_tokens]
    # Half a character is no text yet.
    return Sample(text=text_of(ids).removesuffix("�"), ids=ids, finish_reason="length")


def completions(
    options: Options, asked: Asked, samples: Sequence[Sequence[Sample]], cached: int, number: int
) -> dict[str, Any]:
    """Return the body of an answer.

    Args:
      options: the server's settings.
      asked: the request.
      samples: for each prompt its completions.
      cached: prompt tokens that were in the cache.
      number: number of the request, for the answer's id.
    """
    choices: list[dict[str, Any]] = []
    for prompt, ones in zip(asked.prompts, samples, strict=True):
        for sample in ones:
            choices.append(_choice(options, asked, sample, prompt, len(choices)))
    prompt_tokens = sum(len(prompt) for prompt in asked.prompts)
    sampled_tokens = sum(len(sample.ids) for ones in samples for sample in ones)
    usage: dict[str, Any] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": sampled_tokens,
        "total_tokens": prompt_tokens + sampled_tokens,
        "prompt_tokens_details": {"cached_tokens": cached} if options.says_cached else None,
    }
    body: dict[str, Any] = {
        "id": f"{'chatcmpl' if asked.chat else 'cmpl'}-{number}",
        "object": "chat.completion" if asked.chat else "text_completion",
        "created": 0,
        "model": options.model,
        "choices": choices,
        "usage": usage,
    }
    if asked.chat and asked.ids:
        body["prompt_token_ids"] = list(asked.prompts[0])
    return body


def _choice(options: Options, asked: Asked, sample: Sample, prompt: Sequence[int], index: int) -> dict[str, Any]:
    choice: dict[str, Any] = {"index": index, "finish_reason": sample.finish_reason}
    if options.names_stop:
        choice[options.names_stop] = sample.stop_reason
    if asked.chat:
        choice["message"] = {"role": "assistant", "content": sample.text, "tool_calls": []}
    else:
        choice["text"] = sample.text
    choice["logprobs"] = _logprobs(asked, sample) if asked.logprobs else None
    if asked.ids:
        choice["token_ids"] = list(sample.ids)
        if not asked.chat:
            choice["prompt_token_ids"] = list(prompt)
    return choice


def _logprobs(asked: Asked, sample: Sample) -> dict[str, Any]:
    """Return the sampled tokens with their places in the text, in the form of completions or of chats."""
    texts = pieces(sample.ids)
    names = [f"token_id:{token}" for token in sample.ids] if asked.tokens_as_ids else texts
    if asked.chat:
        content = [
            {"token": name, "logprob": -0.5, "bytes": list(text.encode("utf-8", "replace")), "top_logprobs": []}
            for name, text in zip(names, texts, strict=True)
        ]
        return {"content": content}
    offsets, at = [], 0
    for text in texts:
        offsets.append(at)
        at += len(text)
    return {"tokens": names, "token_logprobs": [-0.5] * len(names), "text_offset": offsets, "top_logprobs": None}


def models(options: Options) -> dict[str, Any]:
    """Return the answer of /v1/models."""
    card: dict[str, Any] = {"id": options.model, "object": "model", "created": 0, "owned_by": options.owner}
    if options.lists_length:
        card |= {"root": options.model, "parent": None, "max_model_len": options.max_model_len}
    return {"object": "list", "data": [card]}


def metrics(options: Options, figures: dict[str, float]) -> str:
    """Return figures as Prometheus reads them, by vLLM's names."""
    labels = f'{{engine="0",model_name="{options.model}"}}'
    return "".join(f"vllm:{name}{labels} {value}\n" for name, value in figures.items())
