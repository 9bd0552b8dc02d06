"""Fine-tuning a tiny model in this process: what it learns, what it leaves, how it goes on after a kill."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.training import SUMS, a_job, chat_data, raw_data

from actors.trainers import sft
from actors.training.checkpoints import numbered
from actors.training.isolation import refuse_mixing
from actors.training.loop import CHECKPOINTS, METRICS
from actors.training.options import Options
from actors.training_data.batches import packed_rows
from actors.training_data.tokens import Tokens
from factory.config import fill
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import TrainingJob

BY_HEART = [("Question: a\nAnswer:\n", "1 + 2 = 3"), ("Answer: b\nQuestion:\n", "4 + 4 = 8")]
EXACT = {"bf16": "false", "threads": 1, "warmup": 0.0}


@pytest.fixture
def job(tmp_path: Path, base: Path) -> TrainingJob:
    return a_job(tmp_path, base, raw_data(tmp_path / "data"))


def trained(job: TrainingJob, at: Callable[[dict[str, float]], None] = lambda report: None, **values: Any) -> dict:
    seen: dict[str, float] = {}

    def report(part: dict[str, float]) -> None:
        seen.update(part)
        at(part)

    sft.train(job, sft.Config(**(EXACT | values)), report)
    return seen


def weights(folder: str) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(Path(folder) / "model.safetensors")


def equal(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return ours.keys() == theirs.keys() and all(bool((ours[name] == theirs[name]).all()) for name in ours)


@pytest.mark.parametrize("data", [raw_data, chat_data])
@pytest.mark.parametrize("packing", [False, True])
def test_it_learns_a_small_set_by_heart(tmp_path: Path, base: Path, data: Any, packing: bool) -> None:
    from transformers import AutoModelForCausalLM

    job = a_job(tmp_path, base, data(tmp_path / "data", BY_HEART))
    steps = {"max_steps": 100, "learning_rate": 1e-2}
    seen = trained(job, packing=packing, max_length=128, **steps)
    assert seen["loss"] < 0.1 * seen["loss_first"]
    tokens = Tokens(job.out)
    prompt, completion = BY_HEART[1]
    text = prompt if data is raw_data else [{"role": "user", "content": prompt}]
    answer = completion if data is raw_data else [{"role": "assistant", "content": completion}]
    example = tokens.example(text, answer)
    learnt = [label for label in example.labels if label >= 0]
    model = AutoModelForCausalLM.from_pretrained(job.out)
    import torch

    before = torch.tensor([example.ids[: -len(learnt)]])
    written = model.generate(before, max_new_tokens=len(learnt), do_sample=False)[0, before.shape[1] :]
    assert written.tolist() == learnt


def test_the_loss_is_the_mean_over_the_completions_tokens_only(tmp_path: Path, base: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    job = a_job(tmp_path, base, raw_data(tmp_path / "data", SUMS[:3]))
    seen = trained(job, max_steps=1)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    tokens, costs = Tokens(str(base)), []
    for prompt, completion in SUMS[:3]:
        ids = tokens.example(prompt, completion).ids
        begin = len(tokens.tokenizer.encode(prompt))
        chances = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        costs += [-chances[at - 1, ids[at]].item() for at in range(begin, len(ids))]
    assert seen["loss"] == pytest.approx(sum(costs) / len(costs), abs=1e-4)


@pytest.mark.parametrize("accumulated", [1, 3])
def test_packed_examples_cost_what_they_cost_apart(tmp_path: Path, job: TrainingJob, accumulated: int) -> None:
    apart = trained(job, epochs=1, batch_size=12)
    together = replace(job, out=job.out + "2", work=job.work + "2")
    split = {"batch_size": 6 // accumulated, "gradient_accumulation_steps": accumulated}
    packed = trained(together, packing=True, max_length=96, epochs=1, **split)
    assert packed["loss"] == pytest.approx(apart["loss"], abs=1e-4)
    assert packed["tokens"] == apart["tokens"]


def test_a_model_in_which_packed_examples_see_each_other_is_refused(base: Path) -> None:
    from transformers import AutoModelForCausalLM

    tokens = Tokens(str(base))
    rows = packed_rows([tokens.example(*pair) for pair in SUMS], 96, tokens.pad)
    model = AutoModelForCausalLM.from_pretrained(base)
    refuse_mixing(model, rows)
    whole, model.forward = model.forward, lambda position_ids=None, **inputs: whole(**inputs)
    with pytest.raises(TrainingFailed, match="see each other"):
        refuse_mixing(model, rows)


class Killed(BaseException):
    """Ends a training in the middle, as far as one process can."""


def killed_at(step: int) -> Callable[[dict[str, float]], None]:
    def at(report: dict[str, float]) -> None:
        if report.get("step") == step:
            raise Killed

    return at


@pytest.mark.parametrize("lora", [False, True])
def test_a_killed_training_ends_as_an_undisturbed_one(job: TrainingJob, lora: bool) -> None:
    raw_data(Path(job.data), SUMS[:4], split="validation")
    settings = {"max_steps": 10, "save_steps": 3, "learning_rate": 1e-2, "batch_size": 5, "lora": lora}
    undisturbed = replace(job, out=job.out + "2", work=job.work + "2")
    whole = trained(undisturbed, **settings)
    with pytest.raises(Killed):
        trained(job, killed_at(8), **settings)
    seen = trained(job, **settings)
    assert seen["resumed_from"] == 6
    assert [seen[name] for name in ("step", "loss", "loss_first", "eval_loss")] == [
        10,
        whole["loss"],
        whole["loss_first"],
        whole["eval_loss"],
    ]
    assert equal(weights(job.out), weights(undisturbed.out))
    steps = [json.loads(line)["step"] for line in (Path(job.work) / METRICS).read_text().splitlines()]
    assert steps == list(range(1, 11))


def test_the_validation_loss_is_measured_every_epoch_and_changes_no_weight(job: TrainingJob) -> None:
    without = replace(job, out=job.out + "2", work=job.work + "2")
    settings = {"epochs": 2.5, "batch_size": 5, "learning_rate": 1e-2, "lora": True, "lora_dropout": 0.5}
    trained(without, **settings)
    raw_data(Path(job.data), SUMS[:7], split="validation")
    seen = trained(job, **settings)
    lines = [json.loads(line) for line in (Path(job.work) / METRICS).read_text().splitlines()]
    measured = {line["step"]: line["eval_loss"] for line in lines if "eval_loss" in line}
    assert list(measured) == [3, 5, 6]  # 12 rows, 30 in all
    assert measured[6] == seen["eval_loss"] < measured[3]
    assert equal(weights(job.out), weights(without.out))


def test_the_validation_loss_is_the_mean_over_all_its_tokens(tmp_path: Path, job: TrainingJob) -> None:
    raw_data(Path(job.data), SUMS[:7], split="validation")
    seen = trained(job, max_steps=1, batch_size=3, learning_rate=1e-12)
    whole = trained(a_job(tmp_path / "whole", Path(job.model), raw_data(tmp_path / "seven", SUMS[:7])), max_steps=1)
    assert seen["eval_loss"] == pytest.approx(whole["loss"], abs=1e-4)


def half_written(checkpoint: Path) -> None:
    (checkpoint / "whole.json").unlink()
    (checkpoint / "trainer_state.json").unlink()


def cut_off(checkpoint: Path) -> None:
    with (checkpoint / "model.safetensors").open("r+b") as file:
        file.truncate(1000)


def overwritten(checkpoint: Path) -> None:
    size = (checkpoint / "optimizer.pt").stat().st_size
    (checkpoint / "optimizer.pt").write_bytes(b"\x00" * size)


@pytest.mark.parametrize("damage", [half_written, cut_off, overwritten])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(job: TrainingJob, damage: Any) -> None:
    settings = {"max_steps": 8, "save_steps": 2}
    with pytest.raises(Killed):
        trained(job, killed_at(7), **settings)
    kept = numbered(Path(job.work) / CHECKPOINTS)
    assert [step for step, _ in kept] == [6, 4]
    damage(kept[0][1])
    assert trained(job, **settings)["resumed_from"] == 4


def test_checkpoints_of_other_settings_or_data_are_not_used(tmp_path: Path, job: TrainingJob) -> None:
    settings = {"max_steps": 4, "save_steps": 2}
    with pytest.raises(Killed):
        trained(job, killed_at(3), **settings)
    assert "resumed_from" not in trained(job, **settings, learning_rate=1e-3)
    with pytest.raises(Killed):
        trained(job, killed_at(3), **settings)
    other = replace(job, data=str(raw_data(tmp_path / "other", SUMS[:7])))
    assert "resumed_from" not in trained(other, **settings)


@pytest.mark.parametrize("values", [{}, {"lora": True}, {"bf16": "true"}, {"lora": True, "bf16": "true"}])
def test_it_leaves_a_whole_model_in_the_type_of_its_base(job: TrainingJob, base: Path, values: dict[str, Any]) -> None:
    from transformers import AutoModelForCausalLM

    trained(job, max_steps=20, learning_rate=1e-2, gradient_checkpointing=bool(values), **values)
    before, after = weights(str(base)), weights(job.out)
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in after.items()} == {
        name: (tensor.shape, tensor.dtype) for name, tensor in before.items()
    }
    assert not equal(before, after)
    assert {path.name for path in Path(job.out).iterdir()} == {path.name for path in base.iterdir()}
    assert (Path(job.out) / "config.json").read_bytes() == (base / "config.json").read_bytes()
    assert not hasattr(AutoModelForCausalLM.from_pretrained(job.out), "peft_config")


def test_a_loss_that_is_no_number_stops_it(job: TrainingJob) -> None:
    with pytest.raises(TrainingFailed, match=r"(loss|grad_norm) became"):
        trained(job, max_steps=10, learning_rate=1e30)
    assert not Path(job.out).exists()


def test_examples_too_long_or_empty_are_left_out_and_counted(tmp_path: Path, base: Path) -> None:
    pairs = [*SUMS[:3], ("Question", "1 + 1 " * 100), ("Question", " ")]
    seen = trained(a_job(tmp_path, base, raw_data(tmp_path / "data", pairs)), max_steps=1, max_length=64)
    assert (seen["examples"], seen["skipped_too_long"], seen["skipped_empty"]) == (3, 1, 1)


def test_nothing_to_train_on_is_a_clear_error(tmp_path: Path, base: Path) -> None:
    with pytest.raises(TrainingFailed, match=r"1 too_long.*raise trainer.max_length"):
        trained(a_job(tmp_path, base, raw_data(tmp_path / "data", SUMS[:1])), max_length=4)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_gpus": 2}, "trainer.kind=command"),
        ({"bf16": "maybe"}, "auto, true, false"),
        ({"scheduler": "sine"}, "linear, cosine"),
        ({"batch_size": 0}, "at least 1"),
        ({"learning_rate": 0}, "more than 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        fill(sft.Config, values, "trainer")


def test_bf16_may_be_given_as_a_truth_value() -> None:
    assert [fill(sft.Config, {"bf16": value}, "trainer").bf16 for value in (True, False, "auto")] == [
        "true",
        "false",
        "auto",
    ]


def test_threads_are_set_before_torch_is_imported() -> None:
    variables = sft.environment(Options(num_cpus=4))
    assert (variables["OMP_NUM_THREADS"], variables["TOKENIZERS_PARALLELISM"]) == ("4", "false")
