"""Reward models on a tiny base: what is trained, what is left behind, and what the scorers read off it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.training import a_job

from actors.trained_models.reward_scorer import SolutionScorer, StepScorer
from actors.trained_models.trained_model import check_trained
from actors.trainer import Trainer
from actors.trainers import orm, prm
from actors.training.heads import step_head
from actors.training_data.reward_layout import all_laid_out, laid_out
from actors.training_data.tokens import IGNORED, Tokens
from factory.config import fill
from factory.errors import BadInput, TrainingFailed
from factory.formats import orm as orm_format
from factory.formats import prm as prm_format

EXACT = {"bf16": "false", "threads": 1, "warmup": 0.0}
PROMPT = "Question: 1 + 2\nAnswer:"
STEPS = [
    {"prompt": PROMPT, "completions": ["1 + 2 = 3", "3 + 1 = 4"], "labels": [True, True], "mc_values": [1.0, 1.0]},
    {"prompt": PROMPT, "completions": ["1 + 2 = 4", "4 + 1 = 5"], "labels": [False, False], "mc_values": [0.0, 0.0]},
    {"prompt": PROMPT, "completions": ["1 + 2 = 3", "3 + 1 = 2"], "labels": [True, False], "mc_values": [0.75, 0.0]},
]
WHOLES = [
    {"prompt": PROMPT, "completion": "1 + 2 = 3\n3 + 1 = 4", "label": True},
    {"prompt": PROMPT, "completion": "1 + 2 = 4\n4 + 1 = 5", "label": False},
    {"prompt": PROMPT, "completion": "1 + 2 = 3\n3 + 1 = 2", "label": False},
]


def written(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema | None = None) -> Path:
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema), folder / "train-00000-of-00001.parquet")
    return folder


def trained(tmp_path: Path, base: Path, kind: str, data: Path, **values: Any) -> tuple[str, dict[str, float]]:
    """Through the actor's own code, in this process: what it left was checked and sealed."""
    job = a_job(tmp_path, base, data)
    trainer = Trainer()
    trainer.run(kind, EXACT | values, job)
    return job.out, trainer.progress()


@pytest.mark.parametrize("lora", [False, True])
def test_a_prm_learns_which_steps_are_right(tmp_path: Path, base: Path, lora: bool) -> None:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    data = written(tmp_path / "data", STEPS, prm_format.FEATURES)
    out, seen = trained(tmp_path, base, "prm", data, max_steps=80, learning_rate=1e-2, lora=lora)
    assert seen["loss"] < 0.2 * seen["loss_first"]
    right, wrong, late = StepScorer(out, batch_size=2).scores([(PROMPT, row["completions"]) for row in STEPS])
    assert min(right) > 0.5 > wrong[0]
    assert late[0] > 0.5 > late[1]
    model = AutoModelForTokenClassification.from_pretrained(out)
    assert (model.config.num_labels, model.config.id2label[1]) == (2, "right")
    assert model.config.architectures == ["LlamaForTokenClassification"]
    assert AutoTokenizer.from_pretrained(out).encode("1 + 2") == AutoTokenizer.from_pretrained(base).encode("1 + 2")


@pytest.mark.parametrize("lora", [False, True])
def test_an_orm_learns_which_solutions_are_right(tmp_path: Path, base: Path, lora: bool) -> None:
    from transformers import AutoModelForSequenceClassification

    data = written(tmp_path / "data", WHOLES, orm_format.FEATURES)
    out, _ = trained(tmp_path, base, "orm", data, max_steps=80, learning_rate=1e-2, lora=lora)
    scores = SolutionScorer(out).scores([(PROMPT, row["completion"]) for row in WHOLES])
    assert [score > 0.5 for score in scores] == [True, False, False]
    assert AutoModelForSequenceClassification.from_pretrained(out).config.num_labels == 2


def test_what_a_reward_model_leaves_is_checked_as_one_and_could_not_replace_its_base(
    tmp_path: Path, base: Path
) -> None:
    from safetensors.torch import load_file, save_file

    out, _ = trained(tmp_path, base, "prm", written(tmp_path / "data", STEPS), max_steps=1)
    assert check_trained(out, str(base), replaces_base=False) > 0
    with pytest.raises(TrainingFailed, match="has architectures="):
        check_trained(out, str(base))
    tensors = load_file(f"{out}/model.safetensors")
    save_file(
        {name: tensor for name, tensor in tensors.items() if name != "model.norm.weight"}, f"{out}/model.safetensors"
    )
    with pytest.raises(TrainingFailed, match=r"model\.norm\.weight is not there"):
        check_trained(out, str(base), replaces_base=False)


def hard(*labels: bool | None) -> dict[str, Any]:
    return {"completions": ["s"] * len(labels), "labels": list(labels), "mc_values": [0.25] * len(labels)}


@pytest.mark.parametrize(
    ("row", "values", "expected"),
    [
        (hard(True, True), {}, [1.0, 1.0]),
        (hard(True, False, False), {}, [1.0, 0.0]),
        (hard(True, None, True), {}, [1.0, None, 1.0]),
        (hard(True, False), {"labels": "soft"}, [0.25, 0.25]),
        (hard(True, True) | {"mc_values": [None, 0.5]}, {"labels": "soft"}, [1.0, 0.5]),  # shown by a later step
        (hard(True, True) | {"confidences": [0.95, 0.5]}, {"min_confidence": 0.9}, [1.0, None]),
        (hard(True, False, True) | {"confidences": [1.0, 0.5, 1.0]}, {"min_confidence": 0.9}, [1.0, None]),
    ],
)
def test_steps_up_to_the_first_error_are_trained_where_their_label_is_sure(
    row: dict[str, Any], values: dict[str, Any], expected: list[float | None]
) -> None:
    assert prm.targets(row, prm.Config(**values), "here") == expected


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("labels", [1, -1]),
        ("labels", None),
        ("mc_values", [float("nan"), 1.0]),
        ("mc_values", [1.7, 1.0]),
        ("confidences", [-0.1, 1.0]),
        ("completions", None),
        ("completions", [None, "s"]),
    ],
)
def test_labels_values_and_steps_of_another_kind_are_refused_with_their_row(column: str, values: Any) -> None:
    row = hard(True, True) | {"confidences": [1.0, 1.0]} | {column: values}
    with pytest.raises(TrainingFailed, match=r"^here: got .*export the data again$"):
        prm.targets(row, prm.Config(labels="soft", min_confidence=0.5), "here")


def test_a_verdict_that_is_a_number_is_refused_with_its_row(tmp_path: Path, base: Path) -> None:
    data = written(tmp_path / "data", [row | {"label": -1} for row in WHOLES])
    with pytest.raises(TrainingFailed, match=r"row 0: got '-1' among the labels"):
        trained(tmp_path, base, "orm", data)


@pytest.mark.parametrize(("kind", "rows"), [("prm", STEPS), ("orm", WHOLES)])
def test_a_reward_models_validation_loss_is_that_of_a_step_on_those_rows(
    tmp_path: Path, base: Path, kind: str, rows: list[dict[str, Any]]
) -> None:
    data = written(tmp_path / "data", rows)
    pq.write_table(pa.Table.from_pylist(rows), data / "validation-00000-of-00001.parquet")
    _, seen = trained(tmp_path, base, kind, data, max_steps=1, learning_rate=1e-12, batch_size=2)
    _, whole = trained(tmp_path / "whole", base, kind, data, max_steps=1, learning_rate=1e-12, batch_size=3)
    assert seen["eval_loss"] == pytest.approx(whole["loss"], abs=1e-4)


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(TrainingFailed, match="here: got 2 completions, 1 labels"):
        prm.targets({"completions": ["a", "b"], "labels": [True]}, prm.Config(), "here")


def test_every_step_is_judged_at_the_last_token_of_the_separator_behind_it(base: Path) -> None:
    tokenizer = Tokens(str(base)).tokenizer
    text = laid_out(tokenizer, " Question: 1 ", ["1 + 1 = 2 \n", "two\nlines", ""], "\n##")
    assert [tokenizer.decode(text.ids[: place + 1]) for place in text.places] == [
        "Question: 1\n##1 + 1 = 2\n##",
        "Question: 1\n##1 + 1 = 2\n##two\nlines\n##",
        "Question: 1\n##1 + 1 = 2\n##two\nlines\n##\n##",
    ]


def test_many_texts_get_the_ids_that_each_step_has_alone(base: Path) -> None:
    tokenizer = Tokens(str(base)).tokenizer
    asked = [(PROMPT, ["1 + 2 = 3", "", "日本 \n"]), ("", []), (" q", ["a"])]
    for text, (prompt, steps) in zip(all_laid_out(tokenizer, asked, "\n"), asked, strict=True):
        ids = [*tokenizer.encode(prompt.strip()), *tokenizer.encode("\n", add_special_tokens=False)]
        for step in steps:
            ids += tokenizer.encode(step.strip(), add_special_tokens=False)
            ids += tokenizer.encode("\n", add_special_tokens=False)
        assert list(text.ids) == ids
    assert not list(all_laid_out(tokenizer, [], "\n"))


def test_no_text_becomes_a_special_token(base: Path) -> None:
    tokenizer = Tokens(str(base)).tokenizer
    text = laid_out(tokenizer, "<|im_end|>", ["<|im_start|>a<|im_end|>"], "\n")
    assert not set(text.ids) & set(tokenizer.all_special_ids)


@pytest.mark.parametrize("accumulated", [1, 2])
def test_the_loss_is_the_mean_cross_entropy_over_labelled_steps(tmp_path: Path, base: Path, accumulated: int) -> None:
    import torch

    rows = [row for row in STEPS for _ in range(2)][:4]
    data = written(tmp_path / "data", rows)
    options = {"batch_size": 4 // accumulated, "gradient_accumulation_steps": accumulated, "labels": "soft"}
    out, seen = trained(tmp_path, base, "prm", data, max_steps=1, learning_rate=1e-12, **options)
    chances = StepScorer(out).scores([(PROMPT, row["completions"]) for row in rows])
    costs = [
        -(value * torch.log(torch.tensor(chance)) + (1 - value) * torch.log(1 - torch.tensor(chance))).item()
        for row, scores in zip(rows, chances, strict=True)
        for value, chance in zip(row["mc_values"][: 1 if row is STEPS[1] else 2], scores, strict=False)
    ]
    assert seen["loss"] == pytest.approx(sum(costs) / len(costs), abs=2e-3)  # it was saved in bfloat16


def test_a_row_that_fills_up_the_last_step_costs_nothing() -> None:
    import torch

    labels = torch.tensor([[IGNORED, 1.0], [IGNORED, IGNORED]], dtype=torch.float32)
    logits = torch.tensor([[[9.0, 0.0], [0.0, 0.0]], [[5.0, 0.0], [5.0, 0.0]]])
    head = step_head(pad=0, separator="\n")
    assert head.loss(SimpleNamespace(logits=logits), labels).item() == pytest.approx(0.6931, abs=1e-4)


def test_scores_do_not_depend_on_what_else_is_in_the_batch(tmp_path: Path, base: Path) -> None:
    out, _ = trained(tmp_path, base, "prm", written(tmp_path / "data", STEPS), max_steps=1)
    asked = [(PROMPT, ["1 + 2 = 3"]), (PROMPT * 4, ["a", "b", "c"]), (PROMPT, []), (PROMPT, ["x " * 400])]
    together = StepScorer(out, batch_size=4).scores(asked)
    alone = [StepScorer(out, batch_size=1).scores([one])[0] for one in asked]
    assert [None if one is None else len(one) for one in together] == [1, 3, 0, None]
    for ours, theirs in zip(together, alone, strict=True):
        assert ours == (theirs if theirs is None else pytest.approx(theirs, abs=1e-5))


def test_a_long_text_costs_its_own_batch_alone_and_one_beyond_the_limit_nothing(tmp_path: Path, base: Path) -> None:
    out, _ = trained(tmp_path, base, "orm", written(tmp_path / "data", WHOLES), max_steps=1)
    scorer, asked = SolutionScorer(out, batch_size=2), [(PROMPT, text) for text in ("1", "x " * 100, "2", "3")]
    model = scorer._scorer._head._model
    shapes, forward = [], model.forward
    model.forward = lambda input_ids, **rest: shapes.append(input_ids.shape) or forward(input_ids, **rest)
    scores = scorer.scores(asked)
    assert [rows for rows, _ in shapes] == [1, 2, 1]
    assert shapes[0][1] > 100 > 32 > shapes[1][1]
    limited = SolutionScorer(out, batch_size=2, max_length=64).scores(asked)
    assert limited[1] is None
    assert [score for score in limited if score] == pytest.approx([scores[0], scores[2], scores[3]], abs=1e-5)


def test_a_folder_that_holds_no_reward_model_is_refused(tmp_path: Path, base: Path) -> None:
    with pytest.raises(BadInput, match=r"is LlamaForCausalLM, a language model.*expected .*…ForTokenClassification"):
        StepScorer(str(base))
    out, _ = trained(tmp_path, base, "prm", written(tmp_path / "data", STEPS), max_steps=1)
    with pytest.raises(BadInput, match="expects …ForSequenceClassification"):
        SolutionScorer(out)
    config = json.loads((Path(out) / "config.json").read_text())
    (Path(out) / "config.json").write_text(json.dumps({k: v for k, v in config.items() if k != "step_separator"}))
    with pytest.raises(BadInput, match="names no step_separator"):
        StepScorer(out)
    assert StepScorer(out, separator="\n").scores([(PROMPT, ["1 + 2 = 3"])])


@pytest.mark.parametrize(
    ("rows", "values", "message"),
    [
        ([{"prompt": "q", "completion": "c"}], {}, "expected prompt and completions and labels"),
        ([row | {"labels": [None, None]} for row in STEPS], {}, "3 unlabelled"),
        (STEPS, {"max_length": 4}, "3 too_long"),
        (STEPS, {"min_confidence": 0.9}, "expected prompt and completions and labels and confidences"),
    ],
)
def test_data_that_cannot_be_trained_on_are_named(
    tmp_path: Path, base: Path, rows: list[dict[str, Any]], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingFailed, match=message):
        trained(tmp_path, base, "prm", written(tmp_path / "data", rows), **values)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (prm, {"labels": "mushy"}, "hard, soft"),
        (prm, {"min_confidence": 2}, "0 to 1"),
        (prm, {"separator": ""}, "separator is empty"),
        (orm, {"separator": ""}, "separator is empty"),
        (orm, {"batch_size": 0}, "at least 1"),
    ],
)
def test_settings_that_cannot_work_are_refused(kind: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        fill(kind.Config, values, "trainer")
