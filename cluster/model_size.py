"""Size of a model for estimates: from the files of a local folder, else from its name, else unknown, and said so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SIZE = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_ACTIVE = re.compile(r"(?<![A-Za-z0-9])a(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
_FOUR_BITS = re.compile(r"awq|gptq|int4|4bit|w4a16|nvfp4|mxfp4", re.IGNORECASE)
_EIGHT_BITS = re.compile(r"fp8|int8|8bit|w8a8", re.IGNORECASE)
_TYPE_BYTES = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """Size of a model.

    Attributes:
      source: phrase that says where the numbers are from.
      weight_gb: memory of the weights in GB (10⁹ bytes); None where it is unknown.
      active_billions: parameters that a token needs, in 10⁹: all of them, but for a mixture of experts; None where
        that is unknown.
      kv_bytes: bytes of a token in the key-value cache, at two bytes a number; None where that is unknown.
    """

    source: str
    weight_gb: float | None = None
    active_billions: float | None = None
    kv_bytes: int | None = None


def size_of(model: str) -> ModelSize:
    """Return the size of a model, a local folder or a name."""
    folder = Path(model).expanduser()
    return size_from_folder(folder) if model and folder.is_dir() else size_from_name(model)


def size_from_name(name: str) -> ModelSize:
    """Return the size that the digits in a name say, such as 8B, 135m or 30B-A3B."""
    last = name.rstrip("/").rpartition("/")[2]
    sizes = [float(number) * (1e-3 if unit in "mM" else 1.0) for number, unit in _SIZE.findall(last)]
    if not sizes:
        return ModelSize(source=f"the name {last!r} says no size, and no local folder is there to look into")
    billions = max(sizes)
    active = [float(number) for number in _ACTIVE.findall(last)]
    weight = 0.5 if _FOUR_BITS.search(last) else 1.0 if _EIGHT_BITS.search(last) else 2.0
    return ModelSize(
        source=f"its name ({billions:g} billion weights of {weight:g} bytes)",
        weight_gb=billions * weight,
        active_billions=min([*active, billions]),
    )


def size_from_folder(folder: Path) -> ModelSize:
    """Return the size of the weights in a local folder, and what its `config.json` says of them."""
    weights = [*folder.glob("*.safetensors")] or [*folder.glob("pytorch_model*.bin")]
    gigabytes = sum(path.stat().st_size for path in weights) / 1e9
    if not gigabytes:
        return ModelSize(source=f"{folder} holds no weights in *.safetensors or pytorch_model*.bin")
    config = _config_of(folder)
    kind = str(config.get("dtype") or config.get("torch_dtype"))
    return ModelSize(
        source=f"the files in {folder}",
        weight_gb=gigabytes,
        # Experts cannot be told from a size, and packed weights are no count.
        active_billions=gigabytes / _TYPE_BYTES[kind] if kind in _TYPE_BYTES and not _has_experts(config) else None,
        kv_bytes=_kv_bytes(config),
    )


def _config_of(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _has_experts(config: dict[str, Any]) -> bool:
    return any("experts" in key for key in config) or "quantization_config" in config


def _kv_bytes(config: dict[str, Any]) -> int | None:
    """Return the bytes of a token in the key-value cache: keys and values of each layer and head, two bytes each."""
    heads = config.get("num_attention_heads")
    per_head = config.get("head_dim") or (config.get("hidden_size", 0) // heads if heads else 0)
    count = config.get("num_key_value_heads") or heads
    layers = config.get("num_hidden_layers")
    if not (layers and count and per_head):
        return None
    return int(2 * layers * count * per_head * 2)
