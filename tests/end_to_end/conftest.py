"""Real engine, one for the whole folder: starting vLLM costs most of what these tests take."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.waiting import HANGS_S

from actors.models.resolve import fetch_embedded

MODEL = "smollm2-135m"
# No logical CPU: the engine outlives its folder, and a later test in this process would wait for its own actors.
ENGINE = {
    "num_cpus": 0,
    "max_model_len": 512,
    "max_num_seqs": 32,
    "max_num_batched_tokens": 512,
    "env": {"VLLM_CPU_KVCACHE_SPACE": "1"},
}


@pytest.fixture(scope="session")
def model_folder() -> str:
    return str(fetch_embedded(MODEL))


@pytest.fixture(scope="session")
def tokenizer(model_folder: str):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model_folder)


@pytest.fixture(scope="session")
def generator(ray_cluster: None, model_folder: str) -> Iterator:
    """A `Generator` actor with vLLM and the embedded model."""
    import ray

    from actors.generator import Generator, generator_options

    options = generator_options("vllm", ENGINE)
    actor = ray.remote(Generator).options(**options, name="generator").remote("vllm", ENGINE, MODEL)
    ray.get(actor.ready.remote(), timeout=HANGS_S)
    yield actor
    ray.get(actor.close.remote(), timeout=HANGS_S)
    ray.kill(actor)
