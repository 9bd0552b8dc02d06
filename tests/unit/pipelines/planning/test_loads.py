"""Loads: what a question asks of each pool's engines, and what memory their settings leave them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.runs import config_for

from cluster.estimate import EngineLoad
from cluster.inventory import parse_nodes
from cluster.plan import placement
from pipelines.planning.loads import loads_of
from pipelines.pools.engines import demands_of
from pipelines.run.settings import from_mapping

SEARCHED: dict[str, Any] = {"search": {"method": "sample", "n": 8}, "sampling": {"max_tokens": 200}}


def loads(folder: Path, nodes: str = "2x8xH100", **sections: Any) -> list[EngineLoad]:
    engine = {"kind": "vllm", "num_gpus": 2, "tensor_parallel_size": 2, **sections.pop("engine", {})}
    config = config_for(folder, **{**SEARCHED, "engine": engine, **sections})
    settings, there = from_mapping({**config, "model": "a/My-8B"}), parse_nodes(nodes)
    return loads_of(settings, placement(demands_of(settings, nodes=there), there), there)


def test_engines_are_counted_by_the_type_of_their_gpus(tmp_path: Path) -> None:
    [load] = loads(tmp_path, "1x2xL4+1x8xH100", cluster={"generators": 3})
    assert load.engines == {"H100": 2, "L4": 1}
    assert load.gpu_memory_gb == {"H100": 80, "L4": 24}


def test_a_labeller_asks_for_three_times_the_solutions_a_question_begins_with(tmp_path: Path) -> None:
    [labelled] = loads(tmp_path, supervision={"method": "bayes_bisection"})
    [plain] = loads(tmp_path, supervision={"method": "none"})
    assert (labelled.tokens, plain.tokens) == (32 * 100, 8 * 100)
    assert "24 rollouts of bayes_bisection, as an assumption" in labelled.tokens_source
    assert plain.tokens_source == "8 solutions of sample, 0.5 of sampling.max_tokens each, an assumption"


def test_a_completer_writes_the_rollouts_and_a_judge_nobody_knows_how_much(tmp_path: Path) -> None:
    models = {role: {"model": "a/9B", "engine": {"kind": "vllm"}} for role in ("other", "judge")}
    policy, completer, judge = loads(
        tmp_path,
        models=models,
        supervision={"method": "bayes_bisection", "completer": "other"},
        checker={"kind": "llm_judge", "judge_role": "judge"},
    )
    assert (policy.tokens, completer.tokens, judge.tokens) == (800, 2_400, None)
    assert (completer.role, completer.gpus) == ("other engine", 0)


def test_gpus_beyond_the_parts_of_a_model_compute_nothing(tmp_path: Path) -> None:
    assert loads(tmp_path, engine={"num_gpus": 8})[0].gpus == 2
    half = {"num_gpus": 0.5, "tensor_parallel_size": 1, "gpu_memory_utilization": 0.4}
    assert loads(tmp_path, engine=half)[0].gpus == 0.5


def test_vllms_settings_of_memory_are_those_of_the_estimate(tmp_path: Path) -> None:
    [load] = loads(tmp_path, engine={"gpu_memory_utilization": 0.5, "max_model_len": 4_096, "dtype": "float32"})
    assert (load.utilization, load.longest, load.size.weight_gb) == (0.5, 4_096, 32.0)


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        ({"quantization": "fp8"}, "engine.quantization is fp8"),
        ({"extra": {"cpu_offload_gb": 40}}, "engine.extra has cpu_offload_gb"),
    ],
)
def test_memory_that_a_setting_changes_is_not_guessed(engine: dict[str, Any], why: str, tmp_path: Path) -> None:
    [load] = loads(tmp_path, engine=engine)
    assert load.size.weight_gb is None
    assert load.size.active_billions == 8
    assert why in load.size.source
