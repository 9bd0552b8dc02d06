"""Size of a model for estimates: from the files of a local folder, else from its name, else unknown, and said so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SIZE = re.compile(r"(?<![A-Za-z0-9.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_ACTIVE = re.compile(r"(?<![A-Za-z0-9])a(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
_FOUR_BITS = re.compile(r"awq|gptq|int4|4-?bit|w4a16|nvfp4|mxfp4|bnb|nf4|q4_|gpt-oss", re.IGNORECASE)
_EIGHT_BITS = re.compile(r"fp8|int8|8-?bit|w8a8|q8_", re.IGNORECASE)
_TYPE_BYTES = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0}
# Keys of a config.json whose models keep less in the cache than keys and values of every layer and head.
_SMALLER_CACHE = re.compile(r"kv_lora_rank|mamba|ssm|linear_|block_type|hybrid|full_attention_interval|attn_layer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """Size of a model.

    Attributes:
      source: phrase that says where the numbers are from.
      weight_gb: memory of the weights in GB (10⁹ bytes); None where it is unknown.
      active_billions: parameters that a token needs, in 10⁹: all of them, but for a mixture of experts; None where
        that is unknown.
      kv_bytes: bytes of a token in the key-value cache, at two bytes a number; None where that is unknown.
      longest: tokens of prompt and answer together that the model is made for; 0 where that is unknown.
      quantised: True where the weights are stored in fewer than 16 bits.
    """

    source: str
    weight_gb: float | None = None
    active_billions: float | None = None
    kv_bytes: int | None = None
    longest: int = 0
    quantised: bool = False


def size_of(model: str, weight_bytes: float = 2.0) -> ModelSize:
    """Return the size of a model, a local folder or a name.

    Args:
      model: the folder or the name.
      weight_bytes: bytes of a weight in memory, for weights that are not quantised; vLLM takes 2, also where the file
        has 4, unless it is told otherwise.
    """
    folder = Path(model).expanduser()
    return size_from_folder(folder, weight_bytes) if model and folder.is_dir() else size_from_name(model, weight_bytes)


def size_from_name(name: str, weight_bytes: float = 2.0) -> ModelSize:
    """Return the size that the digits in a name say, such as 8B, 135m or 30B-A3B."""
    last = name.rstrip("/").rpartition("/")[2]
    sizes = [float(number) * (1e-3 if unit in "mM" else 1.0) for number, unit in _SIZE.findall(last)]
    if not sizes:
        return ModelSize(source=f"the name {last!r} says no size, and no local folder is there to look into")
    billions = max(sizes)
    active = [float(number) for number in _ACTIVE.findall(last)]
    quantised = 0.5 if _FOUR_BITS.search(last) else 1.0 if _EIGHT_BITS.search(last) else None
    weight = quantised or weight_bytes
    return ModelSize(
        source=f"its name ({billions:g} billion weights of {weight:g} bytes)",
        weight_gb=billions * weight,
        active_billions=min([*active, billions]),
        quantised=quantised is not None,
    )


def size_from_folder(folder: Path, weight_bytes: float = 2.0) -> ModelSize:
    """Return the size of the weights in a local folder, and what its `config.json` says of them."""
    # Some folders hold the same weights a second time, as consolidated.safetensors.
    weights = [*folder.glob("model*.safetensors")] or [*folder.glob("*.safetensors")]
    weights = weights or [*folder.glob("pytorch_model*.bin")]
    gigabytes = sum(path.stat().st_size for path in weights) / 1e9
    if not gigabytes:
        return ModelSize(source=f"{folder} holds no weights in *.safetensors or pytorch_model*.bin")
    config = _config_of(folder)
    quantised = "quantization_config" in config
    # Packed weights are no count.
    stored = None if quantised else _TYPE_BYTES.get(str(config.get("dtype") or config.get("torch_dtype")))
    billions = gigabytes / stored if stored else None
    return ModelSize(
        source=f"the files in {folder}",
        weight_gb=billions * weight_bytes if billions else gigabytes,
        # How many of its experts a token needs cannot be told from a size.
        active_billions=None if any("experts" in key for key in config) else billions,
        kv_bytes=_kv_bytes(config),
        longest=_number(config, "max_position_embeddings"),
        quantised=quantised,
    )


def _config_of(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _kv_bytes(config: Mapping[str, Any]) -> int | None:
    """Return the bytes of a token in the key-value cache: keys and values of each layer and head, two bytes each.

    None where the model keeps less than that, or where its config does not say.
    """
    sliding = config.get("sliding_window") and config.get("use_sliding_window", True)
    layer_types = config.get("layer_types") or []
    if sliding or any(_SMALLER_CACHE.search(key) for key in config) or {*map(str, layer_types)} - {"full_attention"}:
        return None
    heads, layers = _number(config, "num_attention_heads"), _number(config, "num_hidden_layers")
    per_head = _number(config, "head_dim") or (_number(config, "hidden_size") // heads if heads else 0)
    count = _number(config, "num_key_value_heads") or heads
    return 2 * layers * count * per_head * 2 or None


def _number(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    return value if type(value) is int and value > 0 else 0
