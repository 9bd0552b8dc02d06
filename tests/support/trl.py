"""Program for an interpreter that has TRL: TRL's own trainer reads an exported file and trains one step on it.

    python tests/support/trl.py FORMAT FILE.parquet OUT_DIR

The model is a random one of a few thousand weights, its tokens are bytes. Prints one line of JSON: the version of TRL,
the last loss, and the rows as the trainer holds them after its preprocessing, lists of tokens as text.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import trl
from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, Qwen2ForTokenClassification
from trl.experimental.prm import PRMConfig, PRMTrainer

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
TRAINERS = {
    "prm": (PRMTrainer, PRMConfig, {"step_separator": "\n"}),
    "sft": (trl.SFTTrainer, trl.SFTConfig, {}),
    "prompt_completion": (trl.SFTTrainer, trl.SFTConfig, {}),
    "preference": (trl.DPOTrainer, trl.DPOConfig, {}),
    "unpaired": (trl.KTOTrainer, trl.KTOConfig, {}),
}


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer whose tokens are bytes."""
    words = ["<pad>", "<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    made = Tokenizer(models.BPE(vocab={word: number for number, word in enumerate(words)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="<eos>", chat_template=TEMPLATE)


def main(name: str, path: str, out: str) -> None:
    """Train one step on the file at `path` with the trainer of format `name`, and print what the trainer saw."""
    trainer_class, config_class, options = TRAINERS[name]
    tokenizer = byte_tokenizer()
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    kind = Qwen2ForTokenClassification if name == "prm" else Qwen2ForCausalLM
    kind(config).save_pretrained(f"{out}/model")  # DPO and KTO load their reference from where the model lies
    model = kind.from_pretrained(f"{out}/model")
    trainer = trainer_class(
        model=model,
        args=config_class(
            output_dir=out, max_steps=1, per_device_train_batch_size=2, use_cpu=True, bf16=False, report_to=[],
            disable_tqdm=True, gradient_checkpointing=False, save_strategy="no", **options,
        ),
        train_dataset=load_dataset("parquet", data_files=path, split="train", cache_dir=f"{out}/cache"),
        processing_class=tokenizer,
    )  # fmt: skip
    rows = [{key: _readable(key, value, tokenizer) for key, value in row.items()} for row in trainer.train_dataset]
    done = trainer.train()
    print(json.dumps({"version": trl.__version__, "loss": done.training_loss, "rows": rows}))


def _readable(key: str, value: Any, tokenizer: PreTrainedTokenizerFast) -> Any:
    return tokenizer.decode(value) if key.endswith("_ids") or key == "input_ids" else value


if __name__ == "__main__":
    main(*sys.argv[1:])
