"""Environment of an engine's process, decided without importing vLLM."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest

from actors.engine_runtime.engine_process import EngineDied
from actors.engine_runtime.hardware import cpu_has_bfloat16
from actors.engines.vllm import Config, engine_arguments, environment
from actors.generator import generator_arguments, generator_options
from factory.errors import BadInput


def test_on_cpu_threads_sleep_while_they_wait_and_one_process_computes():
    variables = environment(Config(num_cpus=2))
    assert variables["OMP_NUM_THREADS"] == "2"
    assert variables["OMP_WAIT_POLICY"] == "passive"
    assert variables["VLLM_ENABLE_V1_MULTIPROCESSING"] == "0"


def test_on_a_gpu_no_cpu_setting_is_made():
    assert not [name for name in environment(Config(num_gpus=1)) if "OMP" in name or "CPU" in name]


@pytest.mark.parametrize("settings", [{}, {"num_gpus": 1}])
def test_processes_that_rename_themselves_keep_the_mark_that_the_guard_looks_for(settings):
    assert environment(Config(**settings))["SPT_NOENV"] == "1"


def test_own_variables_win(monkeypatch):
    monkeypatch.setattr(os, "environ", environment(Config()))
    [*_, keys] = generator_arguments("vllm", {"env": {"VLLM_CPU_KVCACHE_SPACE": "7"}}, "m")
    keys.put_into_environment()
    assert os.environ["VLLM_CPU_KVCACHE_SPACE"] == "7"


def test_own_variables_are_not_where_ray_logs_them_but_for_those_that_a_starting_process_reads():
    own = {"HF_TOKEN": "hush", "LD_PRELOAD": "libtcmalloc.so"}
    variables = generator_options("vllm", {"env": own})["runtime_env"]["env_vars"]
    assert variables["LD_PRELOAD"] == "libtcmalloc.so"
    assert "HF_TOKEN" not in variables


@pytest.mark.parametrize(("share", "memory"), [(0.5, None), (0.5, 0.6)])
def test_engines_that_share_a_gpu_share_its_memory(share, memory):
    with pytest.raises(ValueError, match=r"gpu_memory_utilization of at most 0\.5"):
        Config(num_gpus=share, gpu_memory_utilization=memory)
    Config(num_gpus=share, extra={"gpu_memory_utilization": 0.45})


@pytest.mark.parametrize("settings", [{}, {"num_gpus": 2}, {"nodes": 2}, {"pipeline_parallel_size": 0}])
def test_every_part_of_an_engine_has_a_gpu_or_without_any_a_node(settings):
    with pytest.raises(ValueError, match="expected"):
        Config(**{"tensor_parallel_size": 3, **settings})
    Config(**{"tensor_parallel_size": 3, "num_gpus": 3})
    Config(**{"tensor_parallel_size": 3, "nodes": 3})


def test_parts_without_gpus_share_the_cpus_of_the_engine_and_are_bound_to_none():
    variables = environment(Config(tensor_parallel_size=3, nodes=3, num_cpus=12))
    assert (variables["OMP_NUM_THREADS"], variables["VLLM_CPU_OMP_THREADS_BIND"]) == ("4", "nobind")
    assert "VLLM_CPU_OMP_THREADS_BIND" not in environment(Config())


def test_every_variable_is_a_string():
    assert all(isinstance(value, str) for value in environment(Config()).values())


def test_device_defaults_fill_only_what_was_left_open():
    assert engine_arguments(Config(), "m")["block_size"] == 32
    assert engine_arguments(Config(block_size=16), "m")["block_size"] == 16
    on_gpu = engine_arguments(Config(num_gpus=1), "m")
    assert not {"block_size", "enforce_eager", "gpu_memory_utilization"} & set(on_gpu)


def test_a_cpu_without_bfloat16_computes_in_float32(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("flags : avx2 avx512f avx512_vnni")
    new.write_text("flags : avx2 avx512f avx512_bf16")
    dtypes = [engine_arguments(Config(), "m", bfloat16_cpu=cpu_has_bfloat16(cpu))["dtype"] for cpu in (old, new)]
    assert dtypes == ["float32", "bfloat16"]
    assert engine_arguments(Config(dtype="half"), "m", bfloat16_cpu=False)["dtype"] == "half"


def test_seeds_on_cpu_switch_chunked_prefill_off():
    arguments = engine_arguments(Config(seeded=True, max_model_len=4096), "m")
    assert arguments["enable_chunked_prefill"] is False
    assert arguments["max_num_batched_tokens"] >= 4096


def test_extra_arguments_reach_vllm_as_they_are():
    assert engine_arguments(Config(extra={"kv_cache_dtype": "fp8"}), "m")["kv_cache_dtype"] == "fp8"


def test_generator_options_come_from_the_config():
    options = generator_options("vllm", {"num_gpus": 2, "tensor_parallel_size": 2})
    assert (options["num_gpus"], options["max_restarts"]) == (2, -1)
    assert options["runtime_env"]["env_vars"]["VLLM_LOGGING_LEVEL"]


def test_an_unknown_engine_option_is_refused_before_anything_starts():
    with pytest.raises(BadInput, match="max_model_len"):
        generator_options("vllm", {"max_modellen": 4096})


def test_engine_death_survives_pickling():
    error = pickle.loads(pickle.dumps(EngineDied("gone")))  # noqa: S301 - our own bytes
    assert (type(error), str(error)) == (EngineDied, "gone")


def test_importing_the_engine_module_imports_no_vllm():
    code = "import sys, actors.engines.vllm, actors.generator; sys.exit(bool({'vllm', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
