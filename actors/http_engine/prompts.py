"""Prompts as servers read them: as token ids, as text, or as messages.

The model's own tokenizer does it as the in-process engine does, so that both read the same ids. Where its files are not
on this machine, vLLM's server does it (/tokenize).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from actors.engine_runtime.prompt_ids import PromptIds
from actors.models.chat_template import ChatTemplate
from actors.models.resolve import EMBEDDED, resolve_model
from factory.errors import BadInput
from factory.reasoning.thoughts import is_mark
from factory.tokens import Tokens
from factory.types import Prompt

Tokenise = Callable[[dict[str, Any]], Awaitable[Tokens]]
"""Function that has a server tokenise: it takes the body of the request without the model's name."""


def tokenizer_here(names: Sequence[str], accepts: Callable[[Any], bool]) -> Any | None:
    """Return the first accepted tokenizer whose files are on this machine; None where none is. Downloads nothing.

    Args:
      names: folders, embedded models, or names on the Hub; "" is none.
      accepts: looks at a tokenizer.
    """
    places = [place for name in names if (place := _place_of(name))]
    if not places:
        # The import takes seconds.
        return None
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    for place in dict.fromkeys(places):
        for kind in (PreTrainedTokenizerFast, AutoTokenizer):
            try:
                # Without a network, the Hub would be tried for minutes.
                tokenizer = kind.from_pretrained(place, local_files_only=True)
            except Exception:
                # Whatever is wrong with its files: the servers can tokenise, too.
                continue
            if accepts(tokenizer):
                return tokenizer
    return None


def _place_of(name: str) -> str:
    """Return where the files of a model called `name` are on this machine: a folder, or a name on the Hub; else ""."""
    if name in EMBEDDED:
        try:
            return resolve_model(name)
        except BadInput:
            return ""
    # A name may be longer than a path can be: `Path.is_dir` would raise.
    if not name or os.path.isdir(name):
        return name
    try:
        from huggingface_hub import try_to_load_from_cache

        return name if isinstance(try_to_load_from_cache(name, "tokenizer_config.json"), str) else ""
    except ValueError:
        # No name that the Hub could have.
        return ""


class Prompts:
    """Maker of prompts.

    Args:
      tokenizer: of transformers; None where it is not on this machine.
      model: its name, for messages.
      tokenise: has a server do it.
    """

    def __init__(self, tokenizer: Any | None, model: str, tokenise: Tokenise | None) -> None:
        self._tokenizer, self._model, self._tokenise = tokenizer, model, tokenise
        self._template: ChatTemplate | None = None
        self._ids = PromptIds(self._encode)

    @property
    def has_template(self) -> bool:
        """True where chat prompts can be made one text here."""
        return self._tokenizer is not None and bool(self._tokenizer.chat_template)

    @property
    def has_special_marks(self) -> bool:
        """True where marks of thoughts are among the special tokens of the tokenizer that is here."""
        return any(map(is_mark, getattr(self._tokenizer, "all_special_tokens", None) or ()))

    def renders(self, prompt: Prompt) -> bool:
        """Return whether the prompt can be made one text here."""
        return isinstance(prompt, str) or self.has_template

    def opens_a_thought(self, prompt: Prompt) -> bool:
        """Return whether a chat prompt, made one text here, ends with a mark that opens a thought."""
        if isinstance(prompt, str) or not self.has_template:
            return False
        self._template = self._template or ChatTemplate(self._tokenizer, self._model)
        return self._template.opens_a_thought

    async def ids(self, prompt: Prompt, prefix_text: str) -> Tokens:
        """Return the ids of a prompt with `prefix_text` behind it. Raises as `text` does, and what a server raises."""
        if self._tokenizer is not None:
            return self._ids(prompt, prefix_text)
        return await self._ids.awaited(prompt, prefix_text, self._encode_there)

    def text(self, prompt: Prompt, prefix_text: str) -> str:
        """Return both as one text. Raises `BadInput` where the model has no chat template, or it refuses messages."""
        if isinstance(prompt, str):
            return prompt + prefix_text
        # Made at the first chat prompt: a base model without a template reads raw text.
        self._template = self._template or ChatTemplate(self._tokenizer, self._model)
        return self._template.text(prompt) + prefix_text

    def _encode(self, prompt: Prompt, prefix_text: str) -> Sequence[int]:
        """Return ids by the tokenizer: a token may reach over the place where prompt and prefix meet."""
        assert self._tokenizer is not None, "no tokenizer here"
        return list(self._tokenizer.encode(self.text(prompt, prefix_text), add_special_tokens=isinstance(prompt, str)))

    async def _encode_there(self, prompt: Prompt, prefix_text: str) -> Sequence[int]:
        """Return ids by a server. A chat template would change the end of a last message, so the prefix goes apart."""
        if self._tokenise is None:
            raise BadInput(
                f"the tokenizer of model {self._model} is not on this machine, and its server does not tokenise. "
                "Expected its folder in engine.tokenizer; or take engine.token_ids=text."
            )
        if isinstance(prompt, str):
            return await self._tokenise({"prompt": prompt + prefix_text, "add_special_tokens": True})
        messages = [{"role": role, "content": content} for role, content in prompt]
        ids = await self._tokenise({"messages": messages, "add_generation_prompt": True})
        if not prefix_text:
            return ids
        return Tokens.joined([ids, await self._tokenise({"prompt": prefix_text, "add_special_tokens": False})])


class Detokeniser:
    """Decoder that has a server decode, for threads beside the event loop. Made in the loop.

    Args:
      detokenise: has a server do it.
      patience_s: seconds that a thread waits at most.
    """

    def __init__(self, detokenise: Callable[[Sequence[int]], Coroutine[Any, Any, str]], patience_s: float) -> None:
        self._detokenise = detokenise
        self._loop = asyncio.get_running_loop()
        self._patience_s = patience_s

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool, clean_up_tokenization_spaces: bool) -> str:
        """Return the text of the ids."""
        if not token_ids:
            return ""
        asking = asyncio.run_coroutine_threadsafe(self._detokenise(token_ids), self._loop)
        # It waits for a server as long as an outage may last; a thread must not wait longer.
        return asking.result(self._patience_s)
