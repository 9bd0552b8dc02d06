"""Reward models asked for scores: the chance that a solution is right so far at each of its steps, or as a whole.

Plain classes, for a process of one's own as for an actor. Batches have one of a few lengths (`padded_length`): one
long text costs its own batch alone, and on a CPU each new shape costs seconds of kernel compilation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from actors.models.resolve import resolve_model
from actors.training.heads import SEPARATOR
from actors.training_data.batches import padded_length, rounded_up
from actors.training_data.reward_layout import LaidOut, all_laid_out
from factory.errors import BadInput


class _Scorer:
    """Reward model in a folder, in float32 on a CPU, in its own type on a GPU.

    Args:
      folder: model folder, or any name that `resolve_model` knows.
      batch_size: texts of one forward pass.
      device: torch device.
      separator: text behind the prompt and every step in training; by default what the folder says.
      max_length: tokens; a longer text gets None for its score, as one does that is longer than the model can read.

    Raises:
      BadInput: the folder holds no such model, or does not name its separator.
    """

    AUTO = ""

    def __init__(
        self,
        folder: str,
        *,
        batch_size: int = 16,
        device: str = "cpu",
        separator: str | None = None,
        max_length: int | None = None,
    ) -> None:
        import torch
        import transformers

        transformers.utils.logging.disable_progress_bar()
        folder = resolve_model(folder)
        head = self.AUTO.removeprefix("AutoModel")
        try:
            config = transformers.AutoConfig.from_pretrained(folder)
            names = list(getattr(config, "architectures", None) or [])
            # A model without this head would get a random one from transformers.
            if not any(name.endswith(head) for name in names):
                raise BadInput(f"{folder} is {', '.join(names) or 'of no known class'}; expected …{head}")
            dtype = torch.float32 if device == "cpu" else "auto"
            model = getattr(transformers, self.AUTO).from_pretrained(folder, dtype=dtype)
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise BadInput(f"{folder} cannot be loaded: {' '.join(str(error).split())[:300]}") from None
        separator = separator if separator is not None else getattr(config, SEPARATOR, None)
        if not separator:
            raise BadInput(f"{folder}/config.json names no {SEPARATOR}; say what was behind every step in training")
        self._separator: str = separator
        self._model = model.to(device).eval()
        self._device, self._batch = device, batch_size
        # Some configs name no context length and no padding token.
        context = getattr(config, "max_position_embeddings", None) or 2**31
        self._limit = min(context, max_length or context)
        pad = config.pad_token_id if config.pad_token_id is not None else self._tokenizer.eos_token_id
        self._pad = pad or 0
        self._longest = 0

    def _chances(self, texts: Sequence[LaidOut]) -> Iterator[tuple[int, Any]]:
        """Yield each text's number and its chances of "right", one for each token or one in all, in any order.

        A text that is too long is left out.
        """
        import torch

        # Group the texts by padded length.
        fit = [number for number, text in enumerate(texts) if len(text.ids) <= self._limit]
        longest = max((len(texts[number].ids) for number in fit), default=0)
        self._longest = max(self._longest, min(self._limit, rounded_up(longest)))
        by_length: defaultdict[int, list[int]] = defaultdict(list)
        for number in fit:
            by_length[padded_length(len(texts[number].ids), self._longest)].append(number)
        batches = (
            (length, numbers[begin : begin + self._batch])
            for length, numbers in by_length.items()
            for begin in range(0, len(numbers), self._batch)
        )
        # Score one batch after the other; the last one is filled up, so that it has the shape of the others.
        for length, numbers in batches:
            filled = numbers + numbers[-1:] * (self._batch - len(numbers))
            empty = [length - len(texts[number].ids) for number in filled]
            ids = [[*texts[number].ids, *[self._pad] * more] for number, more in zip(filled, empty, strict=True)]
            mask = [[1] * (length - more) + [0] * more for more in empty]
            with torch.inference_mode():
                logits = self._model(
                    input_ids=torch.tensor(ids, device=self._device),
                    attention_mask=torch.tensor(mask, device=self._device),
                ).logits
                right = logits.float().softmax(-1)[..., 1].cpu()
            yield from zip(numbers, right[: len(numbers)], strict=True)


class StepScorer(_Scorer):
    """Process reward model: scores after every step."""

    AUTO = "AutoModelForTokenClassification"

    def scores(self, solutions: Sequence[tuple[str, Sequence[str]]]) -> list[list[float] | None]:
        """Return, for each (prompt, steps), the chance after every step that all is right up to there.

        A solution that is too long gets None.
        """
        texts = list(all_laid_out(self._tokenizer, solutions, self._separator))
        scores: list[list[float] | None] = [None] * len(texts)
        for number, chances in self._chances(texts):
            scores[number] = [float(chances[place]) for place in texts[number].places]
        return scores


class SolutionScorer(_Scorer):
    """Outcome reward model: scores of whole solutions."""

    AUTO = "AutoModelForSequenceClassification"

    def scores(self, solutions: Sequence[tuple[str, str]]) -> list[float | None]:
        """Return, for each (prompt, solution), the chance that it is right; None for one that is too long."""
        wholes = ((prompt, [text]) for prompt, text in solutions)
        texts = list(all_laid_out(self._tokenizer, wholes, self._separator))
        scores: list[float | None] = [None] * len(texts)
        for number, chance in self._chances(texts):
            scores[number] = float(chance)
        return scores
