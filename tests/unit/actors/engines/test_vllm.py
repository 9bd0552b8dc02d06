"""Start of the vLLM engine, and what it says of itself, with a pretend vLLM."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from actors.engine_runtime.engine_process import EngineDied
from actors.engines import vllm
from factory.errors import BadInput, QuestionFailed
from factory.rollouts.cost import RoleCost, cost_of
from factory.types import GenerateRequest, Sampling


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
        return Letters()

    async def generate(self, prompt: dict[str, Any], params: SimpleNamespace, name: str) -> AsyncIterator[Any]:
        """Yield `params.n` samples; as vLLM's own, a greedy request for several is refused."""
        if params.temperature == 0 and params.n > 1:
            raise ValueError("n must be 1 when using greedy sampling")
        samples = [
            SimpleNamespace(text=text, token_ids=[*map(ord, text)], finish_reason="stop", stop_reason=None)
            for text in "abcdefgh"[: params.n]
        ]
        yield SimpleNamespace(outputs=samples, finished=True, num_cached_tokens=1)


class Letters:
    """One token per letter."""

    def encode(self, text: str) -> list[int]:
        return [*map(ord, text)]

    def decode(self, token_ids: Any, **_: Any) -> str:
        return "".join(map(chr, token_ids))


@pytest.fixture
def pretend_vllm(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {
        "vllm": {
            "AsyncEngineArgs": dict,
            "SamplingParams": SimpleNamespace,
            "TokensPrompt": dict,
            "__version__": "0.0",
        },
        "vllm.sampling_params": {"RequestOutputKind": SimpleNamespace(FINAL_ONLY=1)},
        "vllm.platforms": {"current_platform": SimpleNamespace(is_cuda_alike=lambda: False)},
        "vllm.usage": {},
        "vllm.usage.usage_lib": {"UsageContext": UsageContext},
        "vllm.v1": {},
        "vllm.v1.engine": {},
        "vllm.v1.engine.async_llm": {"AsyncLLM": AsyncLLM},
        "vllm.v1.engine.exceptions": {"EngineDeadError": RuntimeError},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("adopt_orphans", "start_guard"):
        monkeypatch.setattr(vllm, name, lambda: None)
    monkeypatch.setattr(vllm, "system_remark", lambda tokenizer, model: None)


@pytest.mark.usefixtures("pretend_vllm")
@pytest.mark.parametrize(
    ("num_gpus", "sizes", "free"), [(1, (1024, 16384), None), (0.5, (1024, 16384), None), (0, (128, 2048), 32)]
)
async def test_on_a_gpu_the_engine_takes_as_much_at_a_time_as_vllms_own_class_and_all_of_it_for_nothing(
    tmp_path: Path, num_gpus: float, sizes: tuple[int, int], free: int | None
) -> None:
    engine = await started(tmp_path, num_gpus=num_gpus, gpu_memory_utilization=num_gpus or None)
    assert (engine.max_num_seqs, engine.max_num_batched_tokens) == sizes
    assert engine.free_seqs == free
    assert await engine.stats() == {}  # this vLLM tells nobody of its steps


@pytest.mark.usefixtures("pretend_vllm")
@pytest.mark.parametrize(("temperature", "texts", "sampled"), [(0.7, "abc", 3), (0.0, "aaa", 1)])
async def test_a_greedy_sample_is_paid_once_however_often_it_is_handed_out(
    tmp_path: Path, temperature: float, texts: str, sampled: int
) -> None:
    engine = await started(tmp_path)
    request = GenerateRequest(question_id="q", prompt="2 + 2?", n=3, sampling=Sampling(temperature=temperature))
    [completions] = await engine.generate([request])
    assert not isinstance(completions, QuestionFailed)
    assert ("".join(one.text for one in completions), {one.prompt_tokens for one in completions}) == (texts, {6})
    assert cost_of(completions) == RoleCost(calls=3, prompt_tokens=6, cached_tokens=1, completion_tokens=sampled)


@pytest.mark.usefixtures("pretend_vllm")
async def test_a_machine_with_gpus_runs_no_engine_that_has_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = SimpleNamespace(is_cuda_alike=lambda: True)
    monkeypatch.setattr(sys.modules["vllm.platforms"], "current_platform", platform)
    await started(tmp_path, num_gpus=1)
    with pytest.raises(BadInput, match=r"engine\.num_gpus is 0"):
        await started(tmp_path)


@pytest.mark.usefixtures("pretend_vllm")
async def test_parts_of_an_engine_are_not_started_where_they_have_no_memory_to_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "shm_bytes", lambda: 64 << 20)
    await started(tmp_path, num_gpus=1)
    with pytest.raises(BadInput, match="64 MiB"):
        await started(tmp_path, num_gpus=2, tensor_parallel_size=2)


@pytest.mark.usefixtures("pretend_vllm")
async def test_why_an_engine_does_not_start_is_in_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> AsyncLLM:
        subprocess.run([sys.executable, "-c", "print('loading'); raise MemoryError('no room')"], check=False)
        raise RuntimeError("Engine core initialization failed. See root cause above.")

    monkeypatch.setattr(AsyncLLM, "from_engine_args", fails)
    with pytest.raises(EngineDied, match=r"See root cause above\.; its last words: .*MemoryError: no room"):
        await started(tmp_path)


async def started(folder: Path, **settings: Any) -> vllm.Engine:
    """Return an engine of a model in a folder, started."""
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_text("{}")
    engine = vllm.Engine(vllm.Config(**settings), str(folder))
    await engine.start()
    return engine


@pytest.mark.usefixtures("pretend_vllm")
async def test_every_setting_of_sampling_reaches_vllm(tmp_path: Path) -> None:
    engine = await started(tmp_path)
    given = {"min_p": 0.1, "presence_penalty": 0.5, "frequency_penalty": 0.25, "repetition_penalty": 1.5}
    request = GenerateRequest(question_id="q", prompt="2 + 2?", seed=7, sampling=Sampling(**given, seed=1))
    params = engine._sampling_params(request, 6, 100)
    assert {name: getattr(params, name) for name in given} == given
    assert (params.seed, params.thinking_token_budget, params.skip_special_tokens) == (7, None, True)
    unseeded = GenerateRequest(question_id="q", prompt="2 + 2?", seed=7)
    assert engine._sampling_params(unseeded, 6, 100).seed is None


@pytest.mark.usefixtures("pretend_vllm")
async def test_a_budget_of_thoughts_needs_an_engine_that_knows_their_marks(tmp_path: Path) -> None:
    engine = await started(tmp_path)
    request = GenerateRequest(question_id="q", prompt="2 + 2?", sampling=Sampling(thinking_token_budget=64))
    with pytest.raises(BadInput, match=r"engine\.extra\.reasoning_parser"):
        await engine.generate([request])
    engine._ends_thoughts = True
    assert engine._sampling_params(request, 6, 100).thinking_token_budget == 64


@pytest.mark.usefixtures("pretend_vllm")
async def test_marks_of_thoughts_that_are_special_tokens_stay_in_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Letters, "all_special_tokens", ["</s>", "[THINK]"], raising=False)
    engine = await started(tmp_path)
    request = GenerateRequest(question_id="q", prompt="2 + 2?")
    assert engine._sampling_params(request, 6, 100).skip_special_tokens is False
