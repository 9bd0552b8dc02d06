"""Folders that hold no scorer, or one that could not be loaded safely: one sentence each, before anything starts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.engines.scorers import tiny_prm
from support.training import tiny_model

from actors.engines.scorer import check_settings
from actors.scoring.scorer import Scorer
from actors.scoring.settings import Config
from factory.config import fill
from factory.errors import BadInput


def configured(folder: Path, **values: Any) -> None:
    """Change config.json; None takes a key out."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | values
    path.write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


def without_head(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("score.")}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


BROKEN: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "pickles": (
        "steps",
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
        "has no \\*.safetensors; weights as pickles are never loaded",
    ),
    "random head": ("steps", without_head, "has no weights of its head"),
    "half a head": ("extra_0", without_head, "has no weights of its head \\(score.0., score.2.\\)"),
    "damaged": (
        "steps",
        lambda folder: (folder / "model.safetensors").write_bytes(b"no tensors"),
        "model.safetensors cannot be read",
    ),
    "no separator": ("steps", lambda folder: configured(folder, step_separator=None), "names no step_separator"),
    "three classes": ("steps", lambda folder: configured(folder, id2label={0: "a", 1: "b", 2: "c"}), "of 3 classes"),
    "language model": ("tags", lambda folder: None, "is MistralForCausalLM, a language model, and nothing says"),
    "other head": (
        "steps",
        lambda folder: configured(folder, architectures=["Qwen2ForRewardModel"]),
        "is Qwen2ForRewardModel, no class of scorer that is known here; expected …ForTokenClassification",
    ),
    "labels": ("steps", lambda folder: configured(folder, id2label={"a": "b"}), "has unreadable id2label"),
    "nameless": ("steps", lambda folder: configured(folder, architectures=None), "is of no known class"),
    "config": ("steps", lambda folder: (folder / "config.json").write_text("{"), "config.json cannot be read"),
    "no config": ("steps", lambda folder: (folder / "config.json").unlink(), "it has no config.json"),
    "adapters": ("steps", lambda folder: (folder / "adapter_config.json").write_text("{}"), "holds adapters"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_folder_that_holds_no_scorer_is_refused_before_anything_starts(
    case: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    layout, spoil, complaint = BROKEN[case]
    folder = Path(shutil.copytree(folders[layout], tmp_path / "model"))
    spoil(folder)
    for refuse in (lambda: check_settings(str(folder), Config()), lambda: Scorer(str(folder))):
        with pytest.raises(BadInput, match=complaint) as refused:
            refuse()
        assert "\n" not in str(refused.value)


def test_weights_that_are_not_there_are_refused_at_the_start(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(folders["extra_0"], tmp_path / "model"))
    tensors = load_file(folder / "model.safetensors")
    tensors.pop("model.norm.weight")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match=r"lacks the weights model\.norm\.weight"):
        Scorer(str(folder))


def test_math_shepherds_model_is_known_by_its_name(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(folders["tags"], tmp_path / "math-shepherd-mistral-7b-prm")
    check_settings(str(folder), Config())
    check_settings(str(folders["tags"]), Config(layout="tags"))
    policy = shutil.copytree(folders["tags"], tmp_path / "prm/math-shepherd-mistral-7b-rl")
    with pytest.raises(BadInput, match="a language model"):
        check_settings(str(policy), Config())
    with pytest.raises(BadInput, match="layout steps expects …ForTokenClassification"):
        check_settings(str(folder), Config(layout="steps"))


def test_a_model_that_is_not_here_yet_is_looked_at_when_it_is_loaded() -> None:
    check_settings("org/some-prm", Config())
    check_settings("s3://bucket/prm", Config())


def test_good_and_bad_that_are_no_single_tokens_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(BadInput, match="'incorrect' is no single token behind 'ки'"):
        Scorer(str(folders["tags"]), Config(layout="tags", bad="incorrect"))


def test_classes_are_taken_by_their_names(tmp_path: Path) -> None:
    folder = tiny_prm(tmp_path / "prm")
    asked = [("1 + 1?", ["It is 2."])]
    [right] = Scorer(str(folder)).scores(asked)
    configured(folder, id2label={0: "correct", 1: "incorrect"}, label2id={"correct": 0, "incorrect": 1})
    [swapped] = Scorer(str(folder)).scores(asked)
    assert swapped.whole == pytest.approx(1 - right.whole, abs=1e-6)


def test_a_base_model_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"is LlamaForCausalLM, a language model, .* or layout=tags where it says"):
        check_settings(str(tiny_model(tmp_path / "base")), Config())


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"layout": "step"}, "Did you mean 'steps'"),
        ({"aggregation": "max"}, "aggregation is 'max'"),
        ({"dtype": "int8"}, "dtype is 'int8'"),
        ({"num_gpus": 2}, "expected at most 1"),
        ({"max_num_seqs": 0}, "max_num_seqs is 0"),
        ({"max_num_batched_tokens": 0}, "max_num_batched_tokens is 0"),
        ({"separator": ""}, "separator is empty"),
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        fill(Config, values, "engine")
