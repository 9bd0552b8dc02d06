"""Model small enough to be trained in a second, and training data for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.self_training.training import EXAMPLE_CHAT, EXAMPLE_RAW, TrainingJob

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_ALTERNATE = (
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
)
# As models have them, less what no test needs.
TEMPLATES = {
    "chatml": CHATML,
    "gemma": "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    f"{_ALTERNATE}{{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}}"
    "{{ '<start_of_turn>' + role + '\n' + m['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}",
    "mistral": f"{_ALTERNATE}{{% if m['role'] == 'user' %}}{{{{ '[INST] ' + m['content'] + ' [/INST]' }}}}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}",
    "phi3": "{% for m in messages %}{% if m['role'] == 'user' %}"
    "{{ '<|user|>\n' + m['content'] + '<|end|>\n<|assistant|>\n' }}"
    "{% elif m['role'] == 'assistant' %}{{ m['content'] + '<|end|>\n' }}{% endif %}{% endfor %}",
    "deepseek_r1": "{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}"
    "{% elif m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}"
    "{% else %}{{ '<｜Assistant｜>' + m['content'].split('</think>')[-1] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}",
    "deepseek_r1_think": "{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}"
    "{% elif m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}"
    "{% else %}{{ '<｜Assistant｜>' + m['content'].split('</think>')[-1] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<｜Assistant｜><think>\n' }}{% endif %}",
    "qwen3": "{% for m in messages %}{% if m['role'] != 'assistant' %}"
    "{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% else %}"
    "{% set thought = m['content'].split('</think>')[0].split('<think>')[-1] if '</think>' in m['content'] else '' %}"
    "{% set said = m['content'].split('</think>')[-1] %}{{ '<|im_start|>assistant\n' }}"
    "{% if loop.last %}{{ '<think>\n' + thought.strip('\n') + '\n</think>\n\n' }}{% endif %}"
    "{{ said.lstrip('\n') + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
}
SUMS = [(f"Question: {a} + {b}\nAnswer:\n", f"{a} + {b} = {a + b}") for a in range(1, 5) for b in range(1, 4)]


def tiny_tokenizer(extra: str = "", template: str | None = CHATML) -> Any:
    """Return a byte-level BPE tokenizer over a few lines of text, with a chat template; `extra` makes another one."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([f"{prompt}{completion}{extra}" for prompt, completion in SUMS], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|im_end|>", chat_template=template
    )


def tiny_model(folder: Path, *, dtype: str = "bfloat16", width: int = 32, tokenizer: Any = None) -> Path:
    """Save a random two-layer Llama with tied embeddings as a Hugging Face folder; return the folder."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tokenizer or tiny_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).to(getattr(torch, dtype)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def untrained_model(folder: Path) -> Path:
    """Save a model folder of two numbers, for trainers that only copy it and engines that need none; return it.

    No torch here: to import it takes seconds.
    """
    import numpy as np
    from safetensors.numpy import save_file

    tiny_tokenizer().save_pretrained(folder)
    (folder / "config.json").write_text("{}")
    save_file({"weight": np.zeros(2, np.float16)}, folder / "model.safetensors")
    return folder


def raw_data(folder: Path, pairs: Sequence[tuple[str, str]] = SUMS, split: str = "train") -> Path:
    """Write `pairs` of prompt and completion as text; return the folder."""
    rows = [{"prompt": prompt, "completion": completion} for prompt, completion in pairs]
    return _written(folder, rows, EXAMPLE_RAW, split)


def chat_data(folder: Path, pairs: Sequence[tuple[str, str]] = SUMS) -> Path:
    """Write `pairs` of prompt and completion as one user and one assistant message; return the folder."""
    rows = [
        {"prompt": [{"role": "user", "content": prompt}], "completion": [{"role": "assistant", "content": completion}]}
        for prompt, completion in pairs
    ]
    return _written(folder, rows, EXAMPLE_CHAT)


def _written(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema, split: str = "train") -> Path:
    origin = {"question_id": "q", "solution_id": "s", "hinted": False, "round": 0, "model_revision": "r"}
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([row | origin for row in rows], schema)
    pq.write_table(table, folder / "data" / f"{split}-00000.parquet")
    return folder


def a_job(folder: Path, model: Path, data: Path, seed: int = 7) -> TrainingJob:
    """Return a training job whose output folders are in `folder`."""
    return TrainingJob(
        data=str(data), model=str(model), out=str(folder / "model"), work=str(folder / "work"), seed=seed
    )
