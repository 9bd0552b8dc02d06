"""Token ids of an example, such that the model is trained on exactly what it will read and should write.

The engine tokenises a prompt by itself (`actors/engines/vllm.py`), so an example begins with exactly those ids.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.models.chat_template import ChatTemplate
from factory.errors import BadInput, TrainingFailed
from factory.rollouts.prompting import escape_special_tokens

IGNORED = -100
"""The label of a token that has no part in the loss; PyTorch's convention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Token ids and labels of one example, of equal length.

    A label is the id itself, where the token is to be predicted, or the chance that all is right up to there, or
    `IGNORED`. As arrays they take 8 bytes a token, as tuples 33.
    """

    ids: Sequence[int]
    labels: Sequence[float]


class Tokens:
    """Tokenizer of a model folder, for examples of prompt and completion. Raises `TrainingFailed`."""

    def __init__(self, folder: str) -> None:
        from transformers import AutoConfig, AutoTokenizer, GenerationConfig

        try:
            # Local files only: a training asks no network for the model that it was given.
            self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise TrainingFailed(
                f"{folder} has no usable tokenizer or config: {' '.join(str(error).split())[:300]}"
            ) from None
        try:
            # A chat model often ends its turn with another token than its tokenizer names.
            ends = GenerationConfig.from_pretrained(folder, local_files_only=True).eos_token_id
        except OSError:
            ends = None
        ends = [ends] if isinstance(ends, int) else list(ends or [])
        if self.tokenizer.eos_token_id is not None:
            ends.append(self.tokenizer.eos_token_id)
        if not ends:
            raise TrainingFailed(f"{folder} names no end-of-sequence token; set eos_token_id in generation_config.json")
        self.folder = folder
        self.ends = tuple(dict.fromkeys(ends))
        self.pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else self.ends[0]
        # Completions that the chat template would have changed, so far.
        self.by_hand = 0
        self._template: ChatTemplate | None = None
        self.context: int = getattr(config, "max_position_embeddings", None) or 2**31

    def example(self, prompt: str | Sequence[Mapping[str, str]], completion: Any) -> Example:
        """Return prompt, completion and end of turn as one example; the loss covers the last two."""
        before, after = self._raw(prompt, completion) if isinstance(prompt, str) else self._chat(prompt, completion)
        labels = array("i", [*[IGNORED] * len(before), *after])
        # The first token has nothing in front that it could be predicted from.
        labels[0] = IGNORED
        return Example(ids=array("i", [*before, *after]), labels=labels)

    def _raw(self, prompt: str, completion: str) -> tuple[list[int], list[int]]:
        """Return the ids of a text prompt, and those of its completion with the end of sequence."""
        before = self.tokenizer.encode(prompt)
        text = escape_special_tokens(completion, self.tokenizer.all_special_tokens)
        return before, self._ended(self._continued(before, self.tokenizer.encode(prompt + text), text))

    def _chat(
        self, prompt: Sequence[Mapping[str, str]], completion: Sequence[Mapping[str, str]]
    ) -> tuple[list[int], list[int]]:
        """Return the ids of a chat prompt, and those of its answer with the end of turn. Raises `TrainingFailed`.

        A template may cut the answer, such as the reasoning in it, or put something in front of it. Then the answer
        follows the prompt as it is, and is counted in `by_hand`.
        """
        try:
            self._template = self._template or ChatTemplate(self.tokenizer, self.folder)
            messages = [(turn["role"], turn["content"]) for turn in prompt]
            asked, answered, agrees = self._template.with_reply(messages, completion[0]["content"])
        except BadInput as error:
            raise TrainingFailed(str(error)) from None
        self.by_hand += not agrees
        before = self._ids(asked)
        after = self._continued(before, self._ids(asked + answered), answered)
        # What a template puts behind the end of the turn is never sampled: generation has stopped by then.
        stop = next((at for at, token in enumerate(after) if token in self.ends), len(after))
        return before, self._ended(after[: stop + 1])

    def _ids(self, text: str) -> list[int]:
        """Return the ids of a text in which the special tokens stand already."""
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def _continued(self, before: list[int], joint: list[int], text: str) -> list[int]:
        """Return the ids behind `before`: as part of the whole text, unless a token reaches over the border."""
        if joint[: len(before)] == before:
            return joint[len(before) :]
        return self._ids(text)

    def _ended(self, ids: list[int]) -> list[int]:
        """Return `ids` with an end-of-sequence token behind them, where there is none yet."""
        return ids if ids and ids[-1] in self.ends else [*ids, self.ends[0]]
