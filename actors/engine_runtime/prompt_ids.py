"""Token ids of prompts, the latest ones kept: a question's requests begin with the same prompt."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

from factory.tokens import Tokens
from factory.types import Prompt

AsyncTokenise = Callable[[Prompt, str], Awaitable[Iterable[int]]]
# Bytes of an entry beside its ids: key, objects, its place in the dictionary.
_ENTRY = 300


class PromptIds:
    """Tokeniser of prompts that remembers what it was asked last, within a number of bytes.

    A number of entries would be no bound: a prompt with the whole text of a solution behind it has 32,000 tokens.

    Args:
      tokenise: returns the ids of a prompt and the text behind it.
      n_bytes: bytes to keep at most.
    """

    def __init__(self, tokenise: Callable[[Prompt, str], Iterable[int]], n_bytes: int = 64 << 20) -> None:
        self._tokenise = tokenise
        self._limit = n_bytes
        self._known: OrderedDict[bytes, Tokens] = OrderedDict()
        self.n_bytes = 0

    def __call__(self, prompt: Prompt, prefix_text: str) -> Tokens:
        """Return the ids of `prompt` with `prefix_text` behind it. Raises what the tokeniser raises."""
        key = _key(prompt, prefix_text)
        ids = self._look_up(key)
        return self._keep(key, self._tokenise(prompt, prefix_text)) if ids is None else ids

    async def awaited(self, prompt: Prompt, prefix_text: str, tokenise: AsyncTokenise) -> Tokens:
        """Return the same by a tokeniser that has to be waited for."""
        key = _key(prompt, prefix_text)
        ids = self._look_up(key)
        return self._keep(key, await tokenise(prompt, prefix_text)) if ids is None else ids

    def _look_up(self, key: bytes) -> Tokens | None:
        """Return the ids of that key, where they are kept."""
        ids = self._known.get(key)
        if ids is not None:
            self._known.move_to_end(key)
        return ids

    def _keep(self, key: bytes, values: Iterable[int]) -> Tokens:
        """Keep ids, drop the oldest ones, and return them."""
        before = self._known.pop(key, None)
        self.n_bytes -= len(before.data) + _ENTRY if before is not None else 0
        ids = self._known[key] = Tokens.of(values)
        self.n_bytes += len(ids.data) + _ENTRY
        while self.n_bytes > self._limit:
            _, oldest = self._known.popitem(last=False)
            self.n_bytes -= len(oldest.data) + _ENTRY
        return ids


def _key(prompt: Prompt, prefix_text: str) -> bytes:
    """Return a digest, so that no prompt is kept as text. The representation tells a text from messages."""
    return hashlib.sha256(repr((prompt, prefix_text)).encode()).digest()
