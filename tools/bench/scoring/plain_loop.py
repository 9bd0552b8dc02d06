"""Plain loop over transformers, as one would write it: batches of a fixed size, padded to their longest text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from actors.scoring.settings import Config, environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Speed of one measurement: tokens read, padding left out, and what they took in seconds of clock and of CPU."""

    tokens: int
    seconds: float
    cpu_seconds: float


class PlainLoop:
    """Actor with a process reward model, in float32.

    Args:
      folder: model folder of layout steps.
      batch_size: texts of a pass.
    """

    def __init__(self, folder: str, batch_size: int) -> None:
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        self._batch_size = batch_size
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model = transformers.AutoModelForTokenClassification.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True
        ).eval()

    def speed(self, texts: Sequence[str], *, by_length: bool) -> Speed:
        """Score every token of every text, and return how fast that was.

        Args:
          texts: what the model reads.
          by_length: True to have texts of like length in a batch; False leaves them in their order.
        """
        import torch

        began, used, tokens = time.perf_counter(), time.process_time(), 0
        texts = sorted(texts, key=len) if by_length else texts
        for at in range(0, len(texts), self._batch_size):
            batch = self._tokenizer(list(texts[at : at + self._batch_size]), padding=True, return_tensors="pt")
            with torch.inference_mode():
                self._model(**batch, use_cache=False).logits.softmax(-1)[..., 1].tolist()
            tokens += int(batch["attention_mask"].sum())
        return Speed(tokens=tokens, seconds=time.perf_counter() - began, cpu_seconds=time.process_time() - used)


def loop_environment(threads: int) -> dict[str, str]:
    """Return the environment that the scorer has, too."""
    return environment(Config(num_cpus=threads))
