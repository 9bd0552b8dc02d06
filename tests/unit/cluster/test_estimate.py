"""Estimate: questions per hour and memory of a plan, each number with its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cluster.estimate import EngineLoad, estimate, estimate_lines, tokens_per_second
from cluster.model_size import ModelSize, size_from_name, size_of


def load(model: str = "my-org/My-8B", **values: Any) -> EngineLoad:
    given = {"role": "generator", "engines": {"H100": 512}, "gpus": 1.0, "tokens": 6_443.0, **values}
    return EngineLoad(size=size_from_name(model), gpu_memory_gb={"H100": 80.0}, **given)


def test_engines_on_h100_make_what_the_benchmark_says_or_half_of_it() -> None:
    assert estimate([load()]).questions_per_hour == pytest.approx((512 * 1800.0, 512 * 3600.0))


def test_the_role_that_is_asked_for_most_decides() -> None:
    slow = load(role="completer engine", engines={"H100": 1})
    assert estimate([load(), slow]).questions_per_hour == pytest.approx((1800.0, 3600.0))


def test_a_role_of_which_nobody_knows_what_it_is_asked_is_left_out_and_said() -> None:
    made = estimate([load(), load(role="prm engine", tokens=None, tokens_source="as it is not known")])
    assert made.questions_per_hour == estimate([load()]).questions_per_hour
    assert "prm engine: not counted, as it is not known" in made.sources


def test_an_estimate_is_told_in_two_digits_with_the_time_for_all_questions() -> None:
    lines = estimate_lines(estimate([load(engines={"H100": 5})]), 100_000)
    assert lines[1] == "questions per hour: about 9,000 to 18,000; all 100,000 in 5.6 hours to 11 hours"
    assert estimate_lines(estimate([load()]), 24)[1].endswith("; all 24 in less than a minute")
    assert "questions per hour: unknown" in estimate_lines(estimate([load(gpus=0.0)]), 24)


def test_every_number_names_its_source() -> None:
    told = "\n".join(estimate([load()]).sources)
    for source in ("datatrove's benchmark of one H100", "its name (8 billion weights of 2 bytes)", "an assumption"):
        assert source in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gpus": 0.0}, "no figure for engines without GPUs"),
        ({"model": "my-org/mine"}, "the name 'mine' says no size"),
        ({"engines": {"T4": 1}}, "no figure for a GPU T4; known are H100"),
        ({"engines": {"": 1}}, "no figure for a GPU of an unknown type"),
        ({"engines": {}}, "none of them fits"),
    ],
)
def test_what_is_unknown_gives_no_figure_and_says_why(changes: dict[str, Any], said: str) -> None:
    made = estimate([load(**changes)])
    assert made.questions_per_hour is None
    assert said in made.sources[0]


def test_speed_falls_with_size_and_with_bandwidth() -> None:
    speeds = [tokens_per_second(billions, "H100") for billions in (0.1, 0.135, 1.0, 4.0, 6.0, 8.0, 20.0, 32.0, 70.0)]
    assert speeds == sorted(speeds, key=lambda speed: -(speed or 0.0))
    assert tokens_per_second(64.0, "h100") == pytest.approx(2_078 / 2)
    assert tokens_per_second(8.0, "H200") == pytest.approx(6_443 * 4.8 / 3.35)


def test_weights_that_do_not_fit_are_refused_in_numbers() -> None:
    [problem] = estimate([load("a/Llama-70B")]).problems
    assert "needs 140.0 GB for its weights" in problem
    assert "has 73.6 GB: 1 H100 of 80 GB, of which 92% are taken" in problem
    assert not estimate([load("a/Llama-70B", gpus=2.0)]).problems
    assert not estimate([load("a/Llama-70B-AWQ")]).problems


def test_a_request_that_the_cache_cannot_hold_is_refused_in_numbers() -> None:
    size = ModelSize(source="here", weight_gb=73.0, active_billions=36.0, kv_bytes=1_000_000)
    whole = EngineLoad(
        role="generator", engines={"H100": 1}, gpus=1, size=size, tokens=1, gpu_memory_gb={"H100": 80.0}, longest=601
    )
    [problem] = estimate([whole]).problems
    assert "room for 600 tokens beside its weights" in problem
    assert "one request may have 601" in problem


def test_an_engine_on_half_a_gpu_takes_its_share_of_the_whole_one() -> None:
    assert "has 36.0 GB: 1 H100 of 80 GB" in estimate([load("a/40B", gpus=0.5, utilization=0.45)]).problems[0]


def test_memory_that_is_left_is_said() -> None:
    assert "57.6 GB for the key-value cache" in estimate([load()]).memory[0]
    assert "how much memory a GPU X9 has is unknown" in estimate([load(engines={"X9": 1})]).memory[0]


@pytest.mark.parametrize(
    ("name", "weight_gb", "billions"),
    [
        ("Qwen/Qwen3-8B", 16.0, 8.0),
        ("smollm2-135m", 0.27, 0.135),
        ("Qwen/Qwen3-30B-A3B-Instruct", 60.0, 3.0),
        ("openai/gpt-oss-120b", 60.0, 120.0),
        ("org/Qwen2.5-1.5B-FP8", 1.5, 1.5),
        ("70B-org/mine", None, None),
        ("mistralai/Mixtral-8x7B", None, None),
    ],
)
def test_names_say_sizes(name: str, weight_gb: float | None, billions: float | None) -> None:
    size = size_from_name(name)
    assert size.weight_gb == (weight_gb and pytest.approx(weight_gb))
    assert size.active_billions == billions


def folder(tmp_path: Path, config: str) -> ModelSize:
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 4000)
    return size_of(str(tmp_path))


def test_a_local_folder_is_weighed(tmp_path: Path) -> None:
    shape = {"num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "hidden_size": 576}
    size = folder(tmp_path, json.dumps({"torch_dtype": "bfloat16", **shape}))
    assert size.weight_gb == pytest.approx(4e-6)
    assert size.active_billions == pytest.approx(2e-6)
    assert size.kv_bytes == 2 * 30 * 3 * 64 * 2
    assert size.source == f"the files in {tmp_path}"


def test_weights_of_four_bytes_are_loaded_as_two_unless_the_engine_says_otherwise(tmp_path: Path) -> None:
    assert folder(tmp_path, '{"torch_dtype": "float32"}').weight_gb == pytest.approx(2e-6)
    assert size_of(str(tmp_path), weight_bytes=4.0).weight_gb == pytest.approx(4e-6)


def test_weights_that_a_folder_holds_twice_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "consolidated.safetensors").write_bytes(b"\0" * 4000)
    assert folder(tmp_path, "{}").weight_gb == pytest.approx(4e-6)


@pytest.mark.parametrize(
    "key",
    [
        '"kv_lora_rank": 512',
        '"sliding_window": 4096',
        '"layer_types": ["full_attention", "sliding_attention"]',
        '"full_attention_interval": 4',
        '"num_hidden_layers": null',
    ],
)
def test_a_cache_of_another_form_than_keys_and_values_of_every_layer_is_unknown(key: str, tmp_path: Path) -> None:
    shape = '"num_hidden_layers": 2, "num_attention_heads": 8, "hidden_size": 64'
    assert folder(tmp_path, f"{{{shape}, {key}}}").kv_bytes is None
    assert folder(tmp_path, f'{{{shape}, "sliding_window": 4096, "use_sliding_window": false}}').kv_bytes


@pytest.mark.parametrize("config", ["not json", "[]", '{"torch_dtype": "bfloat16", "num_local_experts": 8}'])
def test_a_folder_that_does_not_say_how_many_weights_a_token_needs_is_of_unknown_speed(
    tmp_path: Path, config: str
) -> None:
    size = folder(tmp_path, config)
    assert size.active_billions is None
    assert size.weight_gb


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    assert "holds no weights" in size_of(str(tmp_path)).source
