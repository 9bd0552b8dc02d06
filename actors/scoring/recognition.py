"""Recognition of a scorer by its folder: its head, its layout, and that its weights can be loaded without running code.

Reads config.json and the names of the tensors; imports no torch, so that `factory plan` can do it. What would have to
be executed or unpickled is refused: modelling code that came with the model, weights as pickles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.models.resolve import resolve_model
from actors.scoring.settings import AUTO, EXTRA_0, SOLUTION, STEPS, TAGS, Config
from actors.training.heads import SEPARATOR
from factory.errors import BadInput

PROCESS_REWARD = "Qwen2ForProcessRewardModel"
_HEADS = {
    STEPS: "ForTokenClassification",
    SOLUTION: "ForSequenceClassification",
    TAGS: "ForCausalLM",
    EXTRA_0: PROCESS_REWARD,
}
# Names of the head's tensors, without which transformers would make a random one; None for a language model's own.
_TENSORS = {STEPS: ("score.", "classifier."), SOLUTION: ("score.", "classifier."), EXTRA_0: ("score.0.", "score.2.")}
_RIGHT = {"right", "correct", "good", "positive", "+", "true", "yes"}
# Keys that make transformers run the model's own code, or fetch kernels by name; so do private ones.
_CODE = ("auto_map", "custom_pipelines", "attn_implementation", "experts_implementation")
_NAME = "_name_or_path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Scorer in a folder.

    Attributes:
      folder: model folder.
      layout: one of the layouts, never auto.
      values: its config.json, without what would run code.
      separator: text behind every step; None where the layout has none, or a chat template lays out.
      behind_prompt: True where it is behind the prompt, too.
      right: index of the class "right"; 0 where there is only one.
      classes: number of classes of the head.
    """

    folder: str
    layout: str
    values: Mapping[str, Any]
    separator: str | None = None
    behind_prompt: bool = True
    right: int = 1
    classes: int = 2


def check_scorer(model: str, config: Config) -> None:
    """Raise `BadInput` when a model is no scorer under these settings, as far as this machine can tell."""
    if "://" in model:
        return
    folder = resolve_model(model)
    if Path(folder).is_dir():
        recognised(folder, config)


def recognised(folder: str, config: Config) -> Recognised:
    """Return what scorer lies in a folder. Raises `BadInput`, in one sentence, where there is none.

    Args:
      folder: local model folder.
      config: settings; its layout and separator win over what the folder says.
    """
    values = _values(folder)
    layout = _layout(folder, values, config)
    _require_weights(folder, layout)
    if layout == TAGS:
        # Its classes are the words good and bad, in this order.
        return Recognised(folder=folder, layout=layout, values=values, right=0)
    try:
        names = {int(number): str(name) for number, name in dict(values.get("id2label") or {}).items()}
        classes = len(names) or int(values.get("num_labels") or 2)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{folder}/config.json has unreadable id2label or num_labels: {error}") from None
    if classes != 2 and not (classes == 1 and layout == SOLUTION):
        raise BadInput(f"{folder} has a head of {classes} classes; expected 2: wrong and right")
    separator = None if layout == EXTRA_0 else _separator(folder, layout, values, config)
    # Our own trainers always name it; a folder that does not is laid out as TRL's PRMTrainer does.
    behind_prompt = layout == SOLUTION or bool(values.get(SEPARATOR))
    right = 0 if classes == 1 else _right(names)
    return Recognised(
        folder=folder,
        layout=layout,
        values=values,
        separator=separator,
        behind_prompt=behind_prompt,
        right=right,
        classes=classes,
    )


def _values(folder: str) -> dict[str, Any]:
    """Return config.json, without what would run code."""
    path = Path(folder) / "config.json"
    if (Path(folder) / "adapter_config.json").is_file():
        raise BadInput(f"{folder} holds adapters; expected a whole model: merge them into their base first")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    if not isinstance(values, dict) or not isinstance(values.get("model_type"), str):
        raise BadInput(f"{path} names no model_type; expected the config of a model in transformers' format")
    return {
        name: value
        for name, value in values.items()
        if name not in _CODE and (not name.startswith("_") or name == _NAME)
    }


def _layout(folder: str, values: Mapping[str, Any], config: Config) -> str:
    """Return the layout by the name of the model's class, or the one that is set, where it fits that."""
    names = [str(name) for name in values.get("architectures") or []]
    fitting = [layout for layout, head in _HEADS.items() if any(name.endswith(head) for name in names)]
    what = f"{folder} is {', '.join(names) or 'of no known class'}"
    if config.layout != AUTO:
        if config.layout not in fitting:
            raise BadInput(f"{what}; layout {config.layout} expects …{_HEADS[config.layout]}")
        return config.layout
    if fitting == [TAGS] and not _is_math_shepherd(folder, values):
        raise BadInput(
            f"{what}, a language model, and nothing says that it scores; expected a reward model "
            f"({', '.join(f'…{head}' for layout, head in _HEADS.items() if layout != TAGS)}), or layout=tags where it "
            "says + or - behind a step's tag, as Math-Shepherd does"
        )
    if not fitting:
        raise BadInput(f"{what}, no class of scorer that is known here; expected …{', …'.join(_HEADS.values())}")
    return fitting[0]


def _is_math_shepherd(folder: str, values: Mapping[str, Any]) -> bool:
    """Return whether a model has the name of Math-Shepherd's PRM; its class is that of any language model."""
    path = Path(folder)
    # In the Hub's cache the folder has the name of the commit.
    name = path.parent.parent.name if path.parent.name == "snapshots" else path.name
    return any("math-shepherd" in one and "prm" in one for one in (name.lower(), str(values.get(_NAME)).lower()))


def _require_weights(folder: str, layout: str) -> None:
    """Raise `BadInput` for weights that are pickles, cannot be read, or lack the head."""
    files = sorted(Path(folder).glob("*.safetensors"))
    if not files:
        raise BadInput(
            f"{folder} has no *.safetensors; weights as pickles are never loaded: save the model with safetensors"
        )
    from safetensors import SafetensorError, safe_open

    tensors: list[str] = []
    for path in files:
        try:
            with safe_open(path, framework="numpy") as opened:
                tensors += opened.keys()
        except (SafetensorError, OSError) as error:
            raise BadInput(f"{path} cannot be read: {error}") from None
    heads = _TENSORS.get(layout, ())
    there = [head for head in heads if any(name.startswith(head) for name in tensors)]
    if len(there) < (len(heads) if layout == EXTRA_0 else bool(heads)):
        raise BadInput(f"{folder} has no weights of its head ({', '.join(heads)}); expected a trained reward model")


def _separator(folder: str, layout: str, values: Mapping[str, Any], config: Config) -> str | None:
    """Return what stands behind every step; None where a chat template lays out a whole solution."""
    separator = config.separator if config.separator is not None else values.get(SEPARATOR)
    if separator:
        return str(separator)
    if layout == SOLUTION:
        return None
    raise BadInput(
        f"{folder}/config.json names no {SEPARATOR}; set separator to what was behind every step in training (TRL's "
        r'PRMTrainer: "\n")'
    )


def _right(names: Mapping[int, str]) -> int:
    """Return the index of the class "right": the second one, unless the names say otherwise."""
    return 0 if names.get(0, "").lower() in _RIGHT and names.get(1, "").lower() not in _RIGHT else 1
