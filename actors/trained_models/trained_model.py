"""Check that a trained model can take the place of the model it started from.

The live engines swap weights in without restarting, so a trained model must have its base's architecture, tensors and
tokenizer. A reward model never replaces its base: it has a head of its own on its base's body, and its tokenizer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from filecmp import cmp
from pathlib import Path
from typing import Any

from actors.training.model import carry
from factory.errors import BadInput, TrainingFailed

# Keys whose values have to agree where both configs have them: tensors of the same shapes would mean another
# model. Everything else may differ, as versions of transformers write more or fewer keys.
_DECISIVE = (
    "model_type",
    "architectures",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "rope_theta",
    "rope_parameters",
    "sliding_window",
    "tie_word_embeddings",
)
_FLOATS = {"F64", "F32", "F16", "BF16"}
# Old folders hold these buffers; newer ones compute them.
_BUFFERS = (".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias")
# With tied embeddings some write the head's weights, some do not.
_HEAD = "lm_head.weight"
# Files a tokenizer is read from, beside config.json, which is compared by itself.
_TOKENIZER_FILES = (
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "*vocab*",
    "merges.txt",
    "*.model",
    "*.spm",
    "*.bpe",
    "*.codes",
    "*.tiktoken",
    "*.tokenizer",
    "tekken.json",
    "emoji.json",
    "dict.txt",
    "*chat_template*",
)
_PROBES = (
    "Tom has  12 apples.\n\n    3 + 4 = 7, naïve 日本語 😀",
    "def f(x):\n\treturn x**2  # \\boxed{1/2}",
    "Question: What is 1000000 / 8?\nAnswer:\n",
)


def check_trained(folder: str, base: str, *, replaces_base: bool = True) -> float:
    """Check that `folder` holds a model that can replace `base`, and return the share of weights that differ.

    Small files that a trainer did not write (tokenizer, chat template, generation config) are copied from the base, as
    they are the ones it was told to use.

    Args:
      folder: what the trainer left.
      base: model folder it started from.
      replaces_base: False for a reward model, which may have another head, and so be called another architecture; its
        body may not differ.

    Raises:
      TrainingFailed: says in one sentence why the model cannot replace its base.
    """
    config, expected = _config(Path(folder)), _config(Path(base))
    # Phase 1: the configs agree in what decides about the architecture.
    for key in _DECISIVE:
        if key == "architectures" and not replaces_base:
            continue
        if key in config and key in expected and config[key] != expected[key]:
            raise TrainingFailed(
                f"the trained model in {folder} has {key}={json.dumps(config[key])}, its base "
                f"{json.dumps(expected[key])}; a trainer must keep the architecture it was given"
            )
    # Phase 2: the weights have the names and shapes that a running engine has room for.
    if replaces_base:
        _check_shapes(Path(folder), Path(base), tied=bool(expected.get("tie_word_embeddings")))
    else:
        _check_body(Path(folder), Path(base))
    # Phase 3: the numbers are finite; then the tokenizer, with the files taken over from the base.
    changed = _changed(Path(folder), Path(base))
    carry(base, folder)
    _check_tokenizer(folder, base)
    return changed


def check_base(base: str) -> None:
    """Raise `BadInput` when `base` could not be compared with what is trained from it: before hours of work."""
    try:
        _config(Path(base))
        _shapes(Path(base))
    except TrainingFailed as error:
        raise BadInput(
            f"{base} cannot be trained: it is no whole model folder with config.json and model*.safetensors ({error})"
        ) from None


def _config(folder: Path) -> dict[str, Any]:
    """Read config.json of a model folder. Raises `TrainingFailed` where there is none that can be read."""
    if not folder.is_dir():
        raise TrainingFailed(f"the trainer left no model: there is no folder {folder}; it must write one there")
    try:
        config = json.loads((folder / "config.json").read_text())
    except FileNotFoundError:
        raise TrainingFailed(
            f"the trainer left no model: {folder} has no config.json; save a whole model there"
        ) from None
    except (OSError, ValueError) as error:
        raise TrainingFailed(f"{folder}/config.json cannot be read ({error}); save a whole model there") from None
    if not isinstance(config, dict):
        raise TrainingFailed(f"{folder}/config.json holds no mapping; save a whole model there")
    return config


def weight_files(folder: Path) -> list[Path]:
    """Return the files the weights are read from: the index's, else model.safetensors, else every one there is."""
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_text())
        return sorted(folder / Path(name).name for name in set(index["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    whole = folder / "model.safetensors"
    return [whole] if whole.is_file() else sorted(folder.glob("model*.safetensors"))


def _shapes(folder: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return shape and type of every tensor, from the files' headers. Raises `TrainingFailed`."""
    from safetensors import SafetensorError, safe_open

    shapes: dict[str, tuple[tuple[int, ...], str]] = {}
    files = weight_files(folder)
    if not files:
        adapter = (folder / "adapter_model.safetensors").is_file()
        what = "only an adapter; merge it into the model" if adapter else "no model*.safetensors; save the weights so"
        raise TrainingFailed(f"{folder} holds {what}")
    for path in files:
        try:
            # Only headers are read; the framework "pt" would import torch for that.
            with safe_open(path, framework="np") as tensors:
                for name in tensors.keys():  # noqa: SIM118 - no mapping
                    if name.endswith(_BUFFERS):
                        continue
                    tensor = tensors.get_slice(name)
                    shapes[name] = (tuple(tensor.get_shape()), tensor.get_dtype())
        except (OSError, SafetensorError) as error:
            raise TrainingFailed(f"the weights in {path} are damaged or cut off ({error}); save them again") from None
    return shapes


def _check_shapes(folder: Path, base: Path, *, tied: bool) -> None:
    """Compare every tensor's name, shape and type with the base's; with `tied` embeddings, all but the head's."""
    ours, theirs = _shapes(folder), _shapes(base)
    names = (ours.keys() | theirs.keys()) - ({_HEAD} if tied else set())
    _refuse_others(folder, ours, theirs, names)


def _check_body(folder: Path, base: Path) -> None:
    """Compare everything but heads: what only one of the two has besides its body is its head."""
    ours, theirs = _shapes(folder), _shapes(base)
    _refuse_others(folder, ours, theirs, theirs.keys() - {_HEAD})


def _refuse_others(folder: Path, ours: Mapping[str, Any], theirs: Mapping[str, Any], names: Collection[str]) -> None:
    """Raise `TrainingFailed` for the first of `names` whose tensor is not the base's in shape and type."""
    for name in sorted(names):
        got, expected = ours.get(name), theirs.get(name)
        # A trainer may write its floats in another precision.
        same = got and expected and got[0] == expected[0] and (got[1] == expected[1] or got[1] in _FLOATS)
        if not same:
            raise TrainingFailed(
                f"the trained model in {folder} is not its base's architecture: {name} is {_shown(got)}, expected "
                f"{_shown(expected)}; a trainer must keep every tensor's name and shape"
            )


def _changed(folder: Path, base: Path) -> float:
    """Return the share of weights that differ from the base's. Raises `TrainingFailed` for one that is not finite."""
    # The same bytes are the weights that the engines have worked with all the time, and need no torch.
    if _same_files(folder, base, [path.name for path in (*weight_files(folder), *weight_files(base))]):
        return 0.0
    weights = differing = 0
    before = _tensors(base)
    for name, tensor in _tensors(folder).items():
        after = tensor()
        if after.is_floating_point() and not after.isfinite().all():
            raise TrainingFailed(
                f"the trained model in {folder} is broken: {name} holds infinities or NaN; "
                "lower the learning rate or train in float32"
            )
        if name in before:
            weights += after.numel()
            differing += int((after != before[name]().to(after.dtype)).sum())
    return differing / max(1, weights)


def _tensors(folder: Path) -> dict[str, Callable[[], Any]]:
    """Return every tensor by name, read when it is called for: one at a time is in memory."""
    from safetensors import safe_open

    def reader(path: Path, name: str) -> Callable[[], Any]:
        """Return a function that reads one tensor."""

        def read() -> Any:
            """Read the tensor."""
            with safe_open(path, framework="pt") as tensors:
                return tensors.get_tensor(name)

        return read

    readers: dict[str, Callable[[], Any]] = {}
    for path in weight_files(folder):
        with safe_open(path, framework="pt") as tensors:
            readers |= {name: reader(path, name) for name in tensors.keys()}  # noqa: SIM118 - no mapping
    return readers


def _check_tokenizer(folder: str, base: str) -> None:
    """Raise `TrainingFailed` where the two tokenizers differ in vocabulary, special tokens, ids or chat template."""
    # Nearly always they are copies, and importing transformers takes longer than many a training of a small model.
    kinds = {_config(Path(each)).get("tokenizer_class") for each in (folder, base)}
    if len(kinds) == 1 and _same_files(Path(folder), Path(base), _TOKENIZER_FILES):
        return
    from transformers import AutoTokenizer

    theirs = AutoTokenizer.from_pretrained(base, local_files_only=True)
    try:
        ours = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        differs = _first_difference(ours, theirs)
    except Exception as error:
        # A damaged file ends in whatever the tokenizer library happens to raise.
        reason = " ".join(str(error).split())[:200]
        raise TrainingFailed(f"the tokenizer in {folder} cannot be used ({reason}); save the base's with it") from None
    if differs:
        raise TrainingFailed(
            f"the trained model in {folder} has another tokenizer than its base ({differs}); "
            "a trainer must keep the tokenizer it was given"
        )


def _same_files(folder: Path, base: Path, patterns: Iterable[str]) -> bool:
    """Return True when both folders hold the same files of these names, byte for byte, and any at all."""
    names = {path.name for pattern in patterns for each in (folder, base) for path in each.glob(pattern)}
    pairs = [(folder / name, base / name) for name in names]
    return bool(pairs) and all(
        ours.is_file() and theirs.is_file() and cmp(ours, theirs, shallow=False) for ours, theirs in pairs
    )


def _first_difference(ours: Any, theirs: Any) -> str:
    """Return the first difference of two tokenizers in words, empty where there is none."""
    vocabulary = theirs.get_vocab()
    if ours.get_vocab() != vocabulary:
        changed = sorted(set(ours.get_vocab().items()) ^ set(vocabulary.items()))
        return f"{len(changed)} entries of the vocabulary differ, such as {changed[0][0][:40]!r}"
    for name in ("bos_token_id", "eos_token_id", "unk_token_id"):
        if getattr(ours, name) != getattr(theirs, name):
            return f"{name} is {getattr(ours, name)}, expected {getattr(theirs, name)}"
    for text in _PROBES:
        if ours.encode(text) != theirs.encode(text):
            return f"{text[:20]!r} gets other ids"
    if theirs.chat_template:
        turns = [{"role": "user", "content": "hi"}]
        rendered = [
            each.apply_chat_template(turns, add_generation_prompt=True, tokenize=False) for each in (ours, theirs)
        ]
        if rendered[0] != rendered[1]:
            return f"its chat template renders {rendered[0][:60]!r}"
    return ""


def _shown(tensor: tuple[tuple[int, ...], str] | None) -> str:
    """Return type and shape of a tensor for a message."""
    return f"{tensor[1]} {list(tensor[0])}" if tensor else "not there"
