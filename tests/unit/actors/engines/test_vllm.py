"""Start of the vLLM engine, and what it says of itself, with a pretend vLLM."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from actors.engines import vllm


class UsageContext(StrEnum):
    LLM_CLASS = "LLM_CLASS"
    ENGINE_CONTEXT = "ENGINE_CONTEXT"


class AsyncLLM:
    """Engine that holds what vLLM takes on a large GPU for the context it is told."""

    def __init__(self, arguments: Any, context: UsageContext) -> None:
        sizes = (1024, 16384) if context is UsageContext.LLM_CLASS else (128, 2048)
        scheduler = SimpleNamespace(max_num_seqs=sizes[0], max_num_batched_tokens=sizes[1])
        self.vllm_config = SimpleNamespace(scheduler_config=scheduler)
        self.model_config = SimpleNamespace(max_model_len=4096, hf_config=SimpleNamespace())

    @classmethod
    def from_engine_args(cls, arguments: Any, usage_context: UsageContext = UsageContext.ENGINE_CONTEXT) -> AsyncLLM:
        return cls(arguments, usage_context)

    def get_tokenizer(self) -> object:
        return object()


@pytest.fixture
def pretend_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {
        "vllm": {"AsyncEngineArgs": dict, "__version__": "0.0"},
        "vllm.usage": {},
        "vllm.usage.usage_lib": {"UsageContext": UsageContext},
        "vllm.v1": {},
        "vllm.v1.engine": {},
        "vllm.v1.engine.async_llm": {"AsyncLLM": AsyncLLM},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(vllm, "start_guard", lambda: None)
    monkeypatch.setattr(vllm, "system_remark", lambda tokenizer, model: None)


@pytest.mark.usefixtures("pretend_vllm")
@pytest.mark.parametrize(
    ("num_gpus", "sizes", "free"), [(1, (1024, 16384), None), (0.5, (1024, 16384), None), (0, (128, 2048), 32)]
)
async def test_on_a_gpu_the_engine_takes_as_much_at_a_time_as_vllms_own_class_and_all_of_it_for_nothing(
    tmp_path: Path, num_gpus: float, sizes: tuple[int, int], free: int | None
) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    engine = vllm.Engine(vllm.Config(num_gpus=num_gpus), str(tmp_path))
    await engine.start()
    assert (engine.max_num_seqs, engine.max_num_batched_tokens) == sizes
    assert engine.free_seqs == free
    assert await engine.stats() == {}  # this vLLM tells nobody of its steps
