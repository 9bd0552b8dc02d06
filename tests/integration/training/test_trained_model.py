"""Models that training leaves: what may take the place of one, and how it becomes final."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.training import tiny_model, tiny_tokenizer

from actors.models.resolve import model_revision
from actors.trained_models.provenance import difference
from actors.trained_models.seal import finished, publish, seal
from actors.trained_models.trained_model import check_base, check_trained
from factory.errors import BadInput, TrainingFailed


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture
def folder(tmp_path: Path, base: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "trained"))


def load_file(path: Path) -> dict[str, Any]:
    from safetensors import torch

    return torch.load_file(path)


def save_file(tensors: dict[str, Any], path: Path) -> None:
    from safetensors import torch

    torch.save_file(tensors, path, metadata={"format": "pt"})


def change_weights(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def norm(tensors: dict[str, Any]) -> Any:
    return tensors["model.norm.weight"]


def cut(folder: Path) -> None:
    size = (folder / "model.safetensors").stat().st_size
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(size // 2)


BAD: list[tuple[str, Callable[[Path], Any], str]] = [
    ("no folder", shutil.rmtree, "there is no folder"),
    ("no config", lambda at: (at / "config.json").unlink(), "has no config.json"),
    ("config is no JSON", lambda at: (at / "config.json").write_text("{"), "config.json cannot be read"),
    ("no weights", lambda at: (at / "model.safetensors").unlink(), r"holds no model\*.safetensors"),
    ("an adapter", lambda at: (at / "model.safetensors").rename(at / "adapter_model.safetensors"), "merge it"),
    ("weights cut off", cut, "damaged or cut off"),
    ("weights are text", lambda at: (at / "model.safetensors").write_text("hello, this is no tensor"), "damaged"),
    ("a tensor lacks", lambda at: change_weights(at, lambda t: t.pop("model.norm.weight")), "not there, expected BF16"),
    (
        "a tensor too many",
        lambda at: change_weights(at, lambda t: t.update(extra=norm(t).clone())),
        r"extra is BF16 \[32\], expected not there",
    ),
    ("other shape", lambda at: (shutil.rmtree(at), tiny_model(at, width=48)), "architecture"),
    ("other heads", lambda at: change_config(at, num_attention_heads=4), "has num_attention_heads=4, its base 2"),
    ("NaN", lambda at: change_weights(at, lambda t: norm(t).fill_(float("nan"))), "infinities or NaN"),
    ("other tokenizer", lambda at: tiny_tokenizer("zebra xylophone").save_pretrained(at), "of the vocabulary differ"),
    ("tokenizer is no JSON", lambda at: (at / "tokenizer.json").write_text("{"), "tokenizer .* cannot be used"),
    ("other chat template", lambda at: (at / "chat_template.jinja").write_text("hello"), "its chat template renders"),
]


@pytest.mark.parametrize(("spoil", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_cannot_replace_its_base_is_refused_in_one_sentence(
    folder: Path, base: Path, spoil: Callable[[Path], Any], message: str
) -> None:
    spoil(folder)
    with pytest.raises(TrainingFailed, match=message) as failed:
        check_trained(str(folder), str(base))
    assert "\n" not in str(failed.value)


def test_another_end_of_sequence_token_is_another_tokenizer(folder: Path, base: Path) -> None:
    other = tiny_tokenizer()
    other.eos_token = "<|end|>"
    other.save_pretrained(folder)
    with pytest.raises(TrainingFailed, match="eos_token_id is 0, expected 2"):
        check_trained(str(folder), str(base))


def test_a_model_without_tokenizer_gets_the_one_it_was_trained_with(folder: Path, base: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        (folder / name).unlink()
    check_trained(str(folder), str(base))
    assert {path.name for path in folder.iterdir()} == {path.name for path in base.iterdir()}


def test_other_float_types_and_an_untied_copy_of_the_head_are_fine(folder: Path, base: Path) -> None:
    def change(tensors: dict[str, Any]) -> None:
        for name in list(tensors):
            tensors[name] = tensors[name].float()
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()

    change_weights(folder, change)
    assert check_trained(str(folder), str(base)) == 0.0


def test_an_untouched_copy_is_known_by_its_bytes(folder: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the libraries that would compare it takes seconds."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert check_trained(str(folder), str(base)) == 0.0


def test_the_share_of_changed_weights_is_measured(folder: Path, base: Path) -> None:
    change_weights(folder, lambda tensors: norm(tensors).add_(1))
    total = sum(tensor.numel() for tensor in load_file(base / "model.safetensors").values())
    assert check_trained(str(folder), str(base)) == pytest.approx(32 / total)


def test_weights_in_several_files_are_read_by_their_index(folder: Path, base: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    parts = {"model-1.safetensors": names[:5], "model-2.safetensors": names[5:]}
    for file, part in parts.items():
        save_file({name: tensors[name] for name in part}, folder / file)
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {name: file for file, part in parts.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    check_trained(str(folder), str(base))
    (folder / "model-2.safetensors").unlink()
    with pytest.raises(TrainingFailed, match=r"model-2.safetensors are damaged"):
        check_trained(str(folder), str(base))


def test_a_base_that_cannot_be_compared_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be trained"):
        check_base(str(tmp_path / "base"))


def test_buffers_that_old_folders_hold_are_no_weights(folder: Path, tmp_path: Path) -> None:
    base = tmp_path / "old"
    shutil.copytree(folder, base)
    tensors = load_file(base / "model.safetensors")
    tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = next(iter(tensors.values())).flatten()[:4].clone()
    save_file(tensors, base / "model.safetensors")
    check_base(str(base))
    check_trained(str(folder), str(base))


REPORT = {"step": 4, "loss": 1.5, "loss_first": 2.0, "examples": 3, "skipped_too_long": 2, "changed": 0.25}


def test_a_published_model_is_whole_and_tells_how_it_was_trained(folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert finished(out) is None
    trained = publish(str(folder), out, seal(str(folder), {"seed": 7}, REPORT, seconds=9.0))
    assert finished(out) == trained
    assert (trained.folder, trained.revision) == (out, model_revision(out))
    assert (trained.steps, trained.loss_last, trained.skipped, trained.resumed_from) == (4, 1.5, {"too_long": 2}, None)
    provenance = json.loads((Path(out) / "provenance.json").read_text())
    assert provenance["seed"] == 7
    assert len(provenance["weights"]["model.safetensors"]) == 64


def test_a_revision_tells_any_two_weights_apart_and_only_those(folder: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(folder, tmp_path / "again"))
    one, two = (seal(str(at), {"seed": 7}, REPORT, seconds) for at, seconds in ((folder, 1.0), (again, 2.0)))
    assert one.revision == two.revision
    middle = (again / "model.safetensors").stat().st_size // 2
    with (again / "model.safetensors").open("r+b") as file:
        file.seek(middle)
        file.write(b"\x01\x02")
    assert seal(str(again), {"seed": 7}, REPORT, 1.0).revision != one.revision


def test_a_model_sealed_before_validation_was_measured_is_finished(folder: Path, tmp_path: Path) -> None:
    publish(str(folder), str(tmp_path / "out"), seal(str(folder), {}, REPORT | {"eval_loss": 0.5}, 1.0))
    assert finished(str(tmp_path / "out")).loss_validation == 0.5
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    del manifest["training"]["loss_validation"]
    (tmp_path / "out/manifest.json").write_text(json.dumps(manifest))
    assert finished(str(tmp_path / "out")).loss_validation is None


OURS = {"trainer": "prm", "seed": 0, "base_revision": "a", "settings": {"epochs": 1, "threads": 2}, "data": {"t": "x"}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"trainer": "orm"}, "trainer was orm, now prm"),
        ({"base_revision": "b"}, "base_revision was b, now a"),
        ({"base_revision": None}, ""),
        ({"settings": {"epochs": 2, "threads": 2}}, "trainer.epochs was 2, now 1"),
        ({"settings": {"epochs": 1, "threads": 4}}, ""),
        ({"data": {"t": "y"}}, "the data were others"),
    ],
)
def test_a_model_that_was_made_otherwise_is_told_by_what_it_knows_of_itself(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    (tmp_path / "provenance.json").write_text(json.dumps(OURS | changed))
    assert difference(str(tmp_path), OURS, execution=("threads",)) == said


@pytest.mark.parametrize("name", ["model.safetensors", "manifest.json", "config.json"])
def test_a_model_that_lost_a_file_is_not_finished(folder: Path, tmp_path: Path, name: str) -> None:
    out = str(tmp_path / "out")
    publish(str(folder), out, seal(str(folder), {}, REPORT, 1.0))
    (Path(out) / name).unlink()
    assert finished(out) is None


def test_nothing_in_the_way_is_overwritten(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    with pytest.raises(TrainingFailed, match="move away what is there"):
        publish(str(folder), str(out), seal(str(folder), {}, REPORT, 1.0))
    assert (out / "mine.txt").exists()
