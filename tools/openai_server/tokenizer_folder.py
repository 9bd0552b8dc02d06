"""Folder with the server's tokenizer as transformers loads it, for clients that tokenise prompts themselves.

It has the characters of Latin scripts only, and the chat template of `requests.py`.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from tools.openai_server.tokens import END, sampled, typed

# Tells the names of sampled tokens from those of typed ones, as no two of a vocabulary are equal; decoded to nothing.
_MARK = "\u2060"
_CHARACTERS = [*map(chr, (9, 10, *range(32, 127), *range(0xA0, 0x250)))]
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)


def write_tokenizer(folder: Path) -> Path:
    """Write the tokenizer into `folder`, which is made where it is missing; return the folder."""
    vocabulary = {"<unk>": 0, "<end>": END}
    for character in _CHARACTERS:
        vocabulary[character] = typed(character)[0]
        vocabulary[_MARK + character] = sampled(character)[-1]
    for pair in map("".join, product(ascii_lowercase, repeat=2)):
        [vocabulary[_MARK + pair]] = sampled(pair)
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<end>",
        "model_max_length": 100_000,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer.json").write_text(json.dumps(_tokenizer(vocabulary)), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def _tokenizer(vocabulary: dict[str, int]) -> dict[str, Any]:
    """Return the JSON of the library `tokenizers` for a vocabulary of single characters."""
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    decoders = [{"type": "Replace", "pattern": {"String": _MARK}, "content": ""}, {"type": "Fuse"}]
    split = {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": END, "content": "<end>", **flags}],
        "normalizer": None,
        "pre_tokenizer": split,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"},
    }
