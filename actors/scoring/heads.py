"""Heads of scorers: a model folder as a function from token ids and places to chances of "right".

Weights come from safetensors only, and no code of the folder is run. A head whose weights are not there is refused:
transformers would make a random one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actors.engine_runtime.engine_process import EngineDied
from actors.scoring.recognition import Recognised
from actors.scoring.settings import EXTRA_0, SOLUTION, STEPS, Config
from actors.training_data.reward_layout import LaidOut
from factory.errors import BadInput, EngineFailed, QuestionFailed

Logits = Callable[[Any, Any, Any, Any], Any]
"""Function from ids and mask [rows, tokens], and the rows and places judged [n], to logits [n, classes]."""
_CLASSES = {STEPS: "AutoModelForTokenClassification", SOLUTION: "AutoModelForSequenceClassification"}


class Head:
    """Scorer on its device.

    Attributes:
      context: tokens that it can read.

    Args:
      scorer: what lies in the folder.
      config: settings.
      tokenizer: of the folder.
      choices: token ids of good and bad, of layout tags.

    Raises:
      BadInput: the model cannot be loaded, or its head has no weights.
    """

    def __init__(self, scorer: Recognised, config: Config, tokenizer: Any, choices: tuple[int, int] = (0, 0)) -> None:
        model = _loaded(scorer, config)
        # Some configs name no context length.
        self.context: int = getattr(model.config, "max_position_embeddings", None) or 2**31
        # Whole texts are judged at their last token that is no padding: it must not be one that a text ends with.
        spare = 0 if tokenizer.eos_token_id else 1
        self._pad = spare if model.config.pad_token_id is None else model.config.pad_token_id
        model.config.pad_token_id = self._pad
        model.config.use_cache = False
        self._model = model.to(config.device).eval()
        self._device = config.device
        self._logits, self._right = _logits(scorer.layout, self._model, choices), scorer.right

    def chances(self, texts: Sequence[LaidOut]) -> list[tuple[float, ...] | QuestionFailed]:
        """Return the chance of "right" at each place of each text, by one pass, or by several where memory ends.

        A text that has no room even alone, or whose scores are no numbers, gets why. Raises `EngineDied` when the
        device is lost.
        """
        import torch

        try:
            return self._pass(texts)
        except RuntimeError as error:
            if not _no_memory(error):
                if self._device == "cpu":
                    raise
                raise EngineDied(f"the device is lost: {' '.join(str(error).split())[:300]}") from None
        if len(texts) == 1:
            return [EngineFailed(f"no memory for a text of {len(texts[0].ids)} tokens; set max_model_len lower")]
        if self._device != "cpu":
            torch.cuda.empty_cache()
        half = len(texts) // 2
        return [*self.chances(texts[:half]), *self.chances(texts[half:])]

    def _pass(self, texts: Sequence[LaidOut]) -> list[tuple[float, ...] | QuestionFailed]:
        """Return the chances by one pass of the model."""
        import torch

        # Fill up all rows to the longest, at their ends.
        length = max(len(text.ids) for text in texts)
        ids = torch.tensor([[*text.ids, *[self._pad] * (length - len(text.ids))] for text in texts])
        mask = torch.tensor([[1] * len(text.ids) + [0] * (length - len(text.ids)) for text in texts])
        rows = torch.tensor([row for row, text in enumerate(texts) for _ in text.places])
        places = torch.tensor([place for text in texts for place in text.places])
        with torch.inference_mode():
            logits = self._logits(*(tensor.to(self._device) for tensor in (ids, mask, rows, places))).float()
            right = logits.sigmoid()[:, 0] if logits.shape[-1] == 1 else logits.softmax(-1)[:, self._right]
            chances = iter(right.cpu().tolist())
        return [_numbers(tuple(next(chances) for _ in text.places)) for text in texts]


def _numbers(chances: tuple[float, ...]) -> tuple[float, ...] | QuestionFailed:
    """Return chances, or the failure of a text where one is no number."""
    return chances if all(map(math.isfinite, chances)) else EngineFailed("the scorer gave a score that is no number")


def _logits(layout: str, model: Any, choices: tuple[int, int]) -> Logits:
    """Return the function that computes the logits of the classes."""
    if layout == STEPS:
        return lambda ids, mask, rows, places: model(input_ids=ids, attention_mask=mask).logits[rows, places]
    if layout == SOLUTION:
        # The model looks for the last token itself, as it did in training.
        return lambda ids, mask, rows, places: model(input_ids=ids, attention_mask=mask).logits
    if layout == EXTRA_0:
        return lambda ids, mask, rows, places: model.score(
            model.model(input_ids=ids, attention_mask=mask).last_hidden_state[rows, places]
        )
    return _next_token(model, list(choices))


def _next_token(model: Any, choices: list[int]) -> Logits:
    """Return the function that computes the logits of two next tokens, with the vocabulary at those places only.

    Some models do more to their logits than their last layer does; these compute all of them.
    """
    import torch

    def whole(ids: Any, mask: Any, rows: Any, places: Any) -> Any:
        """Return them by the model's own way."""
        return model(input_ids=ids, attention_mask=mask).logits[rows, places][:, choices]

    def short(ids: Any, mask: Any, rows: Any, places: Any) -> Any:
        """Return them by the last layer at these places."""
        states = model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state[rows, places]
        return model.get_output_embeddings()(states)[:, choices]

    ids = torch.arange(min(8, model.config.vocab_size), device=model.device)[None]
    tried = (ids, torch.ones_like(ids), torch.zeros_like(ids[0]), torch.arange(ids.shape[1], device=ids.device))
    with torch.inference_mode():
        same = torch.allclose(whole(*tried).float(), short(*tried).float(), rtol=1e-2, atol=1e-2)
    return short if same else whole


def _loaded(scorer: Recognised, config: Config) -> Any:
    """Return the model with all of its weights. Raises `BadInput`."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    # In the folder's own type a CPU that emulates it would take twice as long.
    named = config.dtype or ("auto" if config.num_gpus else "float32")
    dtype = named if named == "auto" else getattr(torch, named)
    values, options = dict(scorer.values), {"trust_remote_code": False}
    if scorer.layout == EXTRA_0:
        values, options = values | {"num_labels": scorer.classes}, {}
    try:
        kind = transformers.CONFIG_MAPPING[values["model_type"]]
        settings = kind.from_dict(values)
        named_class = _CLASSES.get(scorer.layout, "AutoModelForCausalLM")
        loader = _process_reward_model() if scorer.layout == EXTRA_0 else getattr(transformers, named_class)
        model, report = loader.from_pretrained(
            scorer.folder,
            config=settings,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise BadInput(f"{scorer.folder} cannot be loaded: {' '.join(str(error).split())[:300]}") from None
    if missing := sorted(report["missing_keys"]):
        raise BadInput(
            f"{scorer.folder} lacks the weights {', '.join(missing[:3])}; expected those of the whole model: "
            "train or save it again"
        )
    return model


def _process_reward_model() -> Any:
    """Return the class of Qwen2.5-Math-PRM: two layers on Qwen2's backbone, as its own modelling code has them."""
    from torch import nn
    from transformers import Qwen2Config, Qwen2Model, Qwen2PreTrainedModel

    class ProcessRewardModel(Qwen2PreTrainedModel):
        """Backbone, and a head for every token."""

        def __init__(self, config: Qwen2Config) -> None:
            super().__init__(config)
            self.model = Qwen2Model(config)
            width = config.hidden_size
            self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, config.num_labels))
            self.post_init()

    return ProcessRewardModel


def _no_memory(error: BaseException) -> bool:
    """Return whether an error says that memory has run out."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def tokenizer_of(folder: str) -> Any:
    """Return the tokenizer in a folder. Raises `BadInput`."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(str(Path(folder)), trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError) as error:
        raise BadInput(f"the tokenizer in {folder} cannot be loaded: {' '.join(str(error).split())[:300]}") from None
