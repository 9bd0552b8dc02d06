"""vLLM's samples as completions with exact token ends; long ones are cut off the event loop.

Needs no vLLM: what it returns is read by the names of its attributes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from actors.engine_runtime.engine_process import EngineDied
from actors.engine_runtime.token_ends import TokenEnds
from factory.rollouts.until import separator
from factory.types import Completion, Sampling

# Tokens in front that the first sampled token's text may depend on.
_CONTEXT = 8
# Tokens of a request's samples up to which a hop to a thread (50 us) costs more than the loop gains: about 2 ms.
_FEW = 2000


class Samples:
    """Maker of completions for one tokenizer."""

    def __init__(self, token_ends: TokenEnds) -> None:
        self._token_ends = token_ends
        # One thread at a time: each more would take its share of the interpreter from the event loop.
        self._one = asyncio.Lock()

    async def completions(
        self, final: Any, expected: int, prompt: Sequence[int], sampling: Sampling, *, begun: bool = False
    ) -> list[Completion]:
        """Return vLLM's samples with their token ids and token ends.

        Args:
          final: vLLM's last output of the request; None when there was none.
          expected: how many samples it should hold.
          prompt: token ids in front of the samples.
          sampling: settings of the request.
          begun: True where the chat template has opened a thought.

        Raises:
          EngineDied: samples are missing or unfinished.
        """
        samples = final.outputs if final is not None and final.finished else []
        reasons = {sample.finish_reason for sample in samples}
        if len(samples) != expected or not reasons <= {"stop", "length"}:
            # An engine that is being shut down hands out half-written samples as if they were results ("abort").
            raise EngineDied(f"vLLM gave up in the middle: {len(samples)} of {expected} samples, ended by {reasons}")
        if sum(len(sample.token_ids) for sample in samples) <= _FEW:
            return self._made(final, samples, prompt, sampling, begun)
        async with self._one:
            return await asyncio.to_thread(self._made, final, samples, prompt, sampling, begun)

    def _made(
        self, final: Any, samples: Sequence[Any], prompt: Sequence[int], sampling: Sampling, begun: bool
    ) -> list[Completion]:
        """Return a completion for each sample."""
        completions = []
        for sample in samples:
            # Exact token ids let a step be cut out and continued without tokenising it again.
            text, before = sample.text, prompt[-_CONTEXT:]
            if ended_by := separator(sampling, sample.stop_reason):
                text, token_ids, ends = self._token_ends.whole(text + ended_by, sample.token_ids, before)
            else:
                token_ids, ends = self._token_ends(text, sample.token_ids, before)
            completion = Completion(
                text=text,
                token_ids=token_ids,
                token_ends=ends,
                finish_reason=sample.finish_reason,
                prompt_tokens=len(prompt),
                cached_tokens=final.num_cached_tokens or 0,
                sampled_tokens=len(sample.token_ids),
                begun=begun,
            )
            completions.append(completion)
        return completions
