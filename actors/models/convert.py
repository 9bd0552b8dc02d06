"""Conversion of a quantised GGUF file into a bfloat16 Hugging Face folder.

    python -m actors.models.convert GGUF FOLDER

A process of its own so that its caller never imports torch. Prints nothing when all is well.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"


def convert(source: Path, folder: Path) -> None:
    """Write config, weights, generation config, tokenizer and chat template of `source` into `folder`."""
    import gguf
    import torch
    from tokenizers import pre_tokenizers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    # transformers reads the file three times, and makes a map of names for every layer: half of the time.
    for name in ("GGUFReader", "get_tensor_name_map"):
        setattr(gguf, name, lru_cache(getattr(gguf, name)))
    where = {"pretrained_model_name_or_path": str(source.parent), "gguf_file": source.name}
    model = AutoModelForCausalLM.from_pretrained(
        **where, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    model = model.to(torch.bfloat16)
    model.config.dtype = torch.bfloat16
    tokenizer = AutoTokenizer.from_pretrained(**where)
    # GGUF names the pre-tokenizer ("smollm") without describing it, and transformers then assumes GPT-2's. This one
    # was trained with every digit apart; without that, "  12" gets other tokens than the model learnt.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.model_max_length = model.config.max_position_embeddings
    check(model, tokenizer)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for file in folder.iterdir():
        # The weights come out as 0600, useless in a cache shared by several people.
        file.chmod(0o644)


def check(model: Any, tokenizer: Any) -> None:
    """Refuse a conversion whose tokenizer is not the instruct model's own: it would only show as bad answers."""
    text = "Tom has  12 apples.\n\n    3 + 4 = 7, naïve 日本語 😀"
    if tokenizer.decode(tokenizer.encode(text)) != text:
        raise SystemExit("the converted tokenizer does not give back the text it encoded")
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    if {model.generation_config.eos_token_id, tokenizer.eos_token_id} != {end}:
        raise SystemExit("the converted model does not stop at <|im_end|>")
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "hi"}], add_generation_prompt=True, tokenize=False
    )
    if not chat.endswith("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"):
        raise SystemExit(f"the converted chat template renders {chat!r}")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
