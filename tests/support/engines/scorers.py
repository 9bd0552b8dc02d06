"""Tiny scorers of each architecture, with random weights: folders as trainers and the Hub leave them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.training import CHATML, tiny_model, tiny_tokenizer

WIDTH = 32


def tiny_prm(folder: Path, *, separator: str | None = "\n", seed: int = 0) -> Path:
    """Save a Llama with a head for tokens, as `trainer.kind=prm` leaves it; without `separator` as TRL does."""
    return _headed(folder, "AutoModelForTokenClassification", separator, seed)


def tiny_orm(folder: Path, *, separator: str | None = "\n", classes: int = 2, seed: int = 0) -> Path:
    """Save a Llama with a head for whole texts, as `trainer.kind=orm` leaves it; of one class as reward models are."""
    return _headed(folder, "AutoModelForSequenceClassification", separator, seed, classes)


def _headed(folder: Path, auto: str, separator: str | None, seed: int, classes: int = 2) -> Path:
    import torch
    import transformers

    base = tiny_model(folder.with_name(f"{folder.name}-base"), dtype="float32")
    names = {0: "wrong", 1: "right"} if classes == 2 else {0: "reward"}
    config = transformers.AutoConfig.from_pretrained(base, id2label=names, classifier_dropout=0.0)
    if separator is not None:
        config.step_separator = separator
    torch.manual_seed(seed)
    model = getattr(transformers, auto).from_pretrained(base, config=config)
    torch.nn.init.normal_(model.score.weight, std=0.2)
    model.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def tagged_tokenizer() -> Any:
    """Return a tokenizer that begins words with a mark, as Mistral's does, and has the words ки, + and -."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    alphabet = [chr(code) for code in range(32, 127)] + ["\n", "к", "и"]
    trainer = trainers.BpeTrainer(
        vocab_size=200, special_tokens=["<unk>", "<s>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([" ки + - Step 1: 2 = 1 + 1 ки" for _ in range(9)], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>", bos_token="<s>")


def tiny_tagged(folder: Path, tokenizer: Any = None) -> Path:
    """Save a Mistral that says + or - behind a tag, as Math-Shepherd's PRM does."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    tokenizer = tokenizer or tagged_tokenizer()
    torch.manual_seed(0)
    MistralForCausalLM(MistralConfig(**_shape(len(tokenizer)))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_extra_0(folder: Path) -> Path:
    """Save Qwen2.5-Math-PRM's architecture: a backbone, two layers on it, and a config that names code of its own."""
    import torch
    from safetensors.torch import save_file
    from transformers import Qwen2Config, Qwen2Model

    tokenizer = tiny_tokenizer(template=CHATML)
    tokenizer.add_tokens(["<extra_0>"])
    torch.manual_seed(0)
    config = Qwen2Config(**_shape(len(tokenizer)))
    tensors = {f"model.{name}": tensor for name, tensor in Qwen2Model(config).state_dict().items()}
    for layer, classes in ((0, WIDTH), (2, 2)):
        tensors[f"score.{layer}.weight"] = torch.randn(classes, WIDTH) / 4
        tensors[f"score.{layer}.bias"] = torch.randn(classes)
    tensors["lm_head.weight"] = torch.randn(len(tokenizer), WIDTH)
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    code = {"AutoModel": "modeling_qwen2_rm.Qwen2ForProcessRewardModel", "AutoConfig": "configuration.Qwen2RMConfig"}
    values = config.to_dict() | {"architectures": ["Qwen2ForProcessRewardModel"], "auto_map": code, "num_labels": 2}
    (folder / "config.json").write_text(json.dumps(values))
    (folder / "modeling_qwen2_rm.py").write_text("raise SystemExit('code of the model was run')")
    (folder / "configuration.py").write_text("raise SystemExit('code of the model was run')")
    tokenizer.save_pretrained(folder)
    return folder


def _shape(vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 512,
        "tie_word_embeddings": False,
        "eos_token_id": 2,
        "pad_token_id": None,
    }
