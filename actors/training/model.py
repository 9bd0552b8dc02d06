"""Loading of the model that is trained, adapters on it, and the folder it is saved to."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from actors.models.resolve import MANIFEST
from actors.training.options import Options
from factory.errors import TrainingFailed

PROVENANCE = "provenance.json"
# These say what one folder is, so they are never copied to another.
_OWN = {MANIFEST, PROVENANCE}


def uses_bfloat16(config: Options) -> bool:
    """Return True when this training multiplies in bfloat16 on the hardware that is here."""
    if config.bf16 != "auto":
        return config.bf16 == "true"
    import torch

    from actors.engine_runtime.hardware import cpu_has_bfloat16

    return torch.cuda.is_bf16_supported() if config.num_gpus else cpu_has_bfloat16()


def load_causal(folder: str, config: Options) -> Any:
    """Return the language model in `folder`, in float32, or with adapters on frozen weights of the folder's own type.

    Weights that are trained have to be float32: at a learning rate of 1e-5 most updates of a bfloat16 weight (8 bits
    of precision) would round to nothing. Raises `TrainingFailed`.
    """
    model = loaded("AutoModelForCausalLM", folder, config)
    return with_adapters(model, config) if config.lora else model


def loaded(auto: str, folder: str, config: Options, **values: Any) -> Any:
    """Load the model in a folder with one of transformers' classes.

    Args:
      auto: name of the class, such as `AutoModelForCausalLM`.
      folder: local model folder.
      config: settings of the training; they decide about the type of the weights.
      **values: set in the model's config.

    Raises:
      TrainingFailed: the model cannot be loaded.
    """
    import torch
    import transformers

    # Frozen weights may stay in their own type; trained ones may not.
    dtype = "auto" if config.lora and uses_bfloat16(config) else torch.float32
    try:
        settings = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        for name, value in values.items():
            setattr(settings, name, value)
        model = getattr(transformers, auto).from_pretrained(folder, config=settings, dtype=dtype, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise TrainingFailed(f"{folder} cannot be loaded to be trained: {reason}") from None
    # A cache of keys and values helps generation only.
    model.config.use_cache = False
    return model


def with_adapters(model: Any, config: Options, task: str = "CAUSAL_LM", head: str = "") -> Any:
    """Return `model` with LoRA adapters, the only weights that will be trained, but for those of a new head.

    Args:
      model: of transformers.
      config: rank, scale, dropout and places of the adapters.
      task: what peft calls the model's task.
      head: name of a new head's module, which is trained in full; empty for none.

    Raises:
      TrainingFailed: no module has the names in `lora_target_modules`.
    """
    from peft import LoraConfig, get_peft_model

    names = [name.strip() for name in config.lora_target_modules.split(",")]
    adapters = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=names[0] if names == ["all-linear"] else names,
        exclude_modules=[head] if head else None,
        modules_to_save=[head] if head else None,
        task_type=task,
    )
    try:
        return get_peft_model(model, adapters)
    except ValueError as error:
        reason = " ".join(str(error).split())[:300]
        raise TrainingFailed(f"no adapters for lora_target_modules={config.lora_target_modules}: {reason}") from None


def save(model: Any, base: str, out: str, *, replaces_base: bool = True) -> None:
    """Leave a whole model folder: weights of the base's type, adapters merged, every other file the base's own.

    The base's config.json is kept byte for byte, where what was trained replaces the base: it differs in its weights
    only. A model with another head has a config of its own.

    Args:
      model: trained model, with or without adapters.
      base: folder it started from.
      out: folder to write.
      replaces_base: False for a model with another head.
    """
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload(safe_merge=True)
    model = model.to(dtype_of(base))
    model.save_pretrained(out)
    for path in Path(out).iterdir():
        # Weights come out as 0600: nobody else could read them.
        path.chmod(0o644)
    carry(base, out, replace=True, own=() if replaces_base else ("config.json",))


def dtype_of(folder: str) -> Any:
    """Return the type of a model's weights as they are saved, which its config may not name."""
    from safetensors import safe_open

    with safe_open(sorted(Path(folder).glob("model*.safetensors"))[0], framework="pt") as tensors:
        return tensors.get_tensor(next(iter(tensors.keys()))).dtype


def carry(base: str, folder: str, *, replace: bool = False, own: Collection[str] = ()) -> list[str]:
    """Copy what a model folder holds besides weights (config, tokenizer, templates), and return the names copied.

    Args:
      base: folder to copy from.
      folder: folder to copy to.
      replace: True to replace files that `folder` has already.
      own: names that are never copied.
    """
    carried = []
    left = {*_OWN, *own}
    for path in sorted(Path(base).iterdir()):
        target = Path(folder) / path.name
        if path.is_file() and not _is_weights(path) and path.name not in left and (replace or not target.exists()):
            shutil.copyfile(path, target)
            carried.append(path.name)
    return carried


def _is_weights(path: Path) -> bool:
    """Return True for a file of weights or an index of them."""
    return path.suffix in {".safetensors", ".bin", ".pth", ".pt", ".gguf"} or path.name.endswith(".index.json")
