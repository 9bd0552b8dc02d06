"""vLLM: continuous batching over all callers, prefix caching, `n` samples per prompt; on CPU and on GPUs alike.

Importing this module is cheap. vLLM itself costs seconds to import and is imported in `Engine.start()` only, because
what `environment` returns has to be in the process before that: pass it as the Ray actor's `runtime_env`.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from actors.engine_runtime.engine_process import EngineDied, kill_children, start_guard
from actors.engine_runtime.hardware import cpu_has_bfloat16
from actors.engine_runtime.token_ends import TokenEnds
from actors.models.model_store import ensure_local
from actors.models.resolve import EMBEDDED, local_model, model_revision, resolve_model
from factory.errors import BadInput, EngineFailed, PromptTooLong, QuestionFailed
from factory.rollouts.prompting import defused
from factory.storage.access import Access
from factory.types import Completion, GenerateRequest, Prompt

_CONTEXT = 8  # tokens in front that the first sampled token's text may depend on


@dataclass
class Config:
    """vLLM's engine arguments under vLLM's own names. None means: what is best for the device, else vLLM's default.

    The engine runs on a GPU when `num_gpus` is above 0; then `tensor_parallel_size` should equal it.
    """

    num_gpus: float = 0.0
    num_cpus: float = 1.0
    dtype: str | None = None
    quantization: str | None = None
    max_model_len: int | None = None
    tensor_parallel_size: int = 1
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    enable_prefix_caching: bool = True
    enable_chunked_prefill: bool | None = None
    enforce_eager: bool | None = None
    block_size: int | None = None
    seeded: bool = False  # pass each request's seed on; on CPU this switches chunked prefill off
    extra: dict[str, Any] = field(default_factory=dict)  # any further argument of vLLM's AsyncEngineArgs
    env: dict[str, str] = field(default_factory=dict)  # over the defaults of `environment`

    def __post_init__(self) -> None:
        if self.tensor_parallel_size > max(1, self.num_gpus):
            raise ValueError(
                f"tensor_parallel_size is {self.tensor_parallel_size}, num_gpus is {self.num_gpus:g}: "
                "expected a GPU for each of its parts"
            )


# Where and how fast an engine runs, not what it says: a run may be resumed with other values.
EXECUTION = (
    "num_gpus",
    "num_cpus",
    "tensor_parallel_size",
    "gpu_memory_utilization",
    "max_num_seqs",
    "max_num_batched_tokens",
    "enable_prefix_caching",
    "enable_chunked_prefill",
    "enforce_eager",
    "block_size",
    "env",
)


def environment(config: Config) -> dict[str, str]:
    """The environment variables the actor's process needs before vLLM is imported. Pure, and free of vLLM."""
    variables = {
        "VLLM_LOGGING_LEVEL": "WARNING",
        "VLLM_NO_USAGE_STATS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if not config.num_gpus:
        # On two cores, 64 samples in flight: 188 tokens/s with two threads that sleep while they wait, 79 with one.
        threads = max(2, int(config.num_cpus))
        variables |= {
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # one engine process instead of two: starts in half the time
            "VLLM_CPU_KVCACHE_SPACE": "2",  # GiB
            "TORCHDYNAMO_DISABLE": "1",  # else the first compiled sampling path stalls for many seconds
            "OMP_NUM_THREADS": str(threads),
            # Threads that spin while they wait bring a machine with other work on it to a standstill.
            "OMP_WAIT_POLICY": "passive",
            "GOMP_SPINCOUNT": "0",
        }
    return variables | dict(config.env)


def check_model(model: str) -> None:
    """Raises `BadInput` when `model` is neither embedded, nor a model folder, nor of the form org/name, nor a URL."""
    if model not in EMBEDDED and "://" not in model:  # one in a store is looked at by who fetches it
        resolve_model(model)


def engine_arguments(config: Config, model: str, *, bfloat16_cpu: bool = True) -> dict[str, Any]:
    """The keyword arguments for vLLM's `AsyncEngineArgs`. Pure, and free of vLLM."""
    arguments: dict[str, Any] = {
        "model": model,
        "dtype": config.dtype,
        "quantization": config.quantization,
        "max_model_len": config.max_model_len,
        "tensor_parallel_size": config.tensor_parallel_size,
        "gpu_memory_utilization": config.gpu_memory_utilization,
        "max_num_seqs": config.max_num_seqs,
        "max_num_batched_tokens": config.max_num_batched_tokens,
        "enable_prefix_caching": config.enable_prefix_caching,
        "enable_chunked_prefill": config.enable_chunked_prefill,
        "enforce_eager": config.enforce_eager,
        "block_size": config.block_size,
    }
    arguments = {name: value for name, value in arguments.items() if value is not None}
    if not config.num_gpus:
        # A block of 32 tokens is 1.7 times faster on CPU than vLLM's 128; .3 of the memory leaves room for others.
        dtype = "bfloat16" if bfloat16_cpu else "float32"
        defaults: dict[str, Any] = {
            "dtype": dtype,
            "block_size": 32,
            "enforce_eager": True,
            "gpu_memory_utilization": 0.3,
        }
        arguments = defaults | {"max_num_seqs": 128, "max_model_len": 2048} | arguments
        if config.seeded:
            # vLLM's CPU sampler dies on a seeded request whose prompt was prefilled in more than one piece.
            arguments["enable_chunked_prefill"] = False
            longest = arguments["max_model_len"]
            arguments["max_num_batched_tokens"] = max(config.max_num_batched_tokens or 2048, longest)
    return arguments | dict(config.extra)


class Engine:
    """The `Engine` protocol around vLLM's `AsyncLLM`. One per process."""

    name = "vllm"

    def __init__(self, config: Config, model: str) -> None:
        self._config = config
        self._model = model
        self._llm: Any = None
        self._guard: Any = None
        self._request_ids = itertools.count()

    async def start(self) -> None:
        """Import vLLM, load the model, start the engine process (20 s on two cores). Raises `BadInput`."""
        path = await asyncio.to_thread(local_model, self._model)
        self.revision = await asyncio.to_thread(model_revision, path)
        self._guard = start_guard()
        try:
            from vllm import AsyncEngineArgs, __version__
            from vllm.v1.engine.async_llm import AsyncLLM

            # vLLM's own seed is 0 at every start: a restarted engine, or a second one, would repeat what was sampled.
            defaults = {"disable_log_stats": True, "seed": secrets.randbits(31)}
            arguments = engine_arguments(self._config, path, bfloat16_cpu=cpu_has_bfloat16())
            self._llm = AsyncLLM.from_engine_args(AsyncEngineArgs(**(defaults | arguments)))
        except (ValueError, TypeError, OSError) as error:  # how vLLM and transformers refuse a model or an argument
            await self.close()
            raise BadInput(f"vLLM cannot start with model {self._model}: {_short(error)}") from None
        except Exception as error:
            await self.close()
            raise EngineDied(f"vLLM did not start with model {self._model}: {_short(error)}") from None
        self.name = f"vllm {__version__}"
        self._tokenizer = self._llm.get_tokenizer()
        self._token_ends = TokenEnds(self._tokenizer)
        self._prompt_ids = lru_cache(maxsize=4096)(self._tokenise)
        self.max_model_len: int = self._llm.model_config.max_model_len
        if self.revision is None:  # of a repository on the Hub
            self.revision = getattr(self._llm.model_config.hf_config, "_commit_hash", None)

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """All requests enter vLLM's batch at once; see the protocol. Raises `EngineDied`, then nothing was lost."""
        return list(await asyncio.gather(*(self._generate_one(request) for request in requests)))

    async def _generate_one(self, request: GenerateRequest) -> list[Completion] | QuestionFailed:
        from vllm import TokensPrompt
        from vllm.v1.engine.exceptions import EngineDeadError

        ids = [*self._prompt_ids(request.prompt, request.prefix_text), *request.prefix]
        room = self.max_model_len - len(ids)
        if room < 1:
            return PromptTooLong(
                f"the prompt has {len(ids)} tokens, prefix included, and max_model_len is {self.max_model_len}: no "
                "room for an answer; shorten the question, its given solutions or the few-shot examples, or raise "
                "engine.max_model_len"
            )
        try:
            params = self._sampling_params(request, len(ids), room)
        except ValueError as error:  # the config's, not the question's
            raise BadInput(f"vLLM refuses these sampling settings: {_short(error)}") from None
        try:
            final = None
            async for output in self._llm.generate(
                TokensPrompt(prompt_token_ids=ids), params, str(next(self._request_ids))
            ):
                final = output
        except EngineDeadError:
            raise EngineDied(f"vLLM's engine process died while it ran model {self._model}") from None
        except Exception as error:  # vLLM refused or lost this one request; the others go on
            return EngineFailed(f"vLLM failed on this request: {type(error).__name__}: {_short(error)}")
        return self._completions(request, ids, final)

    def _sampling_params(self, request: GenerateRequest, prompt_tokens: int, room: int) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        sampling = request.sampling
        begun = prompt_tokens - len(self._prompt_ids(request.prompt, ""))  # tokens of the solution so far
        return SamplingParams(
            n=_distinct(request),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=min(max(1, sampling.max_tokens - begun), room),
            stop=list(sampling.stop),
            seed=request.seed if self._config.seeded else None,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _completions(self, request: GenerateRequest, ids: list[int], final: Any) -> list[Completion]:
        samples = final.outputs if final is not None and final.finished else []
        reasons = {sample.finish_reason for sample in samples}
        if len(samples) != _distinct(request) or not reasons <= {"stop", "length"}:
            # An engine that is being shut down hands out half-written samples as if they were results ("abort").
            raise EngineDied(
                f"vLLM gave up in the middle: {len(samples)} of {_distinct(request)} samples, ended by {reasons}"
            )
        completions = []
        for sample in samples:
            token_ids, ends = self._token_ends(sample.text, sample.token_ids, before=ids[-_CONTEXT:])
            completion = Completion(
                text=sample.text,
                token_ids=token_ids,
                token_ends=ends,
                finish_reason=sample.finish_reason,
                prompt_tokens=len(ids),
                cached_tokens=final.num_cached_tokens or 0,
                sampled_tokens=len(sample.token_ids),
            )
            completions.append(completion)
        return completions * (request.n // len(completions))

    def _tokenise(self, prompt: Prompt, prefix_text: str) -> tuple[int, ...]:
        """The ids of prompt and prefix as one text: a token may reach over the place where they meet."""
        if isinstance(prompt, str):
            return tuple(self._tokenizer.encode(prompt + prefix_text))
        special = self._tokenizer.all_special_tokens
        messages = [{"role": role, "content": defused(content, special)} for role, content in prompt]
        if not self._tokenizer.chat_template:
            raise BadInput(f"model {self._model} has no chat template; use a raw-text prompt with it")
        template = partial(self._tokenizer.apply_chat_template, messages, add_generation_prompt=True)
        if not prefix_text:
            return tuple(template(tokenize=True, return_dict=False))
        return tuple(self._tokenizer.encode(template(tokenize=False) + prefix_text, add_special_tokens=False))

    async def health(self) -> None:
        """Return when the engine process lives; raises `EngineDied`."""
        if self._llm is None or self._llm.errored:
            raise EngineDied(f"vLLM is not running model {self._model}")

    async def load_weights(self, path: str) -> None:
        """Swap in the weights of folder `path` (same architecture) and forget what was cached under the old ones."""
        from vllm.v1.engine.exceptions import EngineDeadError

        folder = await asyncio.to_thread(ensure_local, path, Access())
        try:
            await self._llm.collective_rpc("reload_weights", kwargs={"weights_path": folder})
            emptied = await self._llm.reset_prefix_cache()
        except EngineDeadError:
            raise EngineDied(f"vLLM's engine process died while it took the weights in {folder}") from None
        if not emptied:
            raise RuntimeError("its prefix cache cannot be emptied, and holds what the old weights made of prompts")
        self.revision = await asyncio.to_thread(model_revision, folder)

    async def close(self) -> None:
        """Shut the engine down, then make sure that none of its processes is left. Safe to call twice."""
        llm, self._llm = self._llm, None
        if llm is not None:
            await asyncio.to_thread(llm.shutdown, timeout=5)
        await asyncio.to_thread(kill_children)
        guard, self._guard = self._guard, None
        if guard is not None:
            guard.kill()
            guard.wait()


def _distinct(request: GenerateRequest) -> int:
    """Samples worth asking for: greedy ones are all the same, and vLLM refuses more than one."""
    return request.n if request.sampling.temperature else 1


def _short(error: BaseException) -> str:
    """The sentence of an error that a person can act on, without vLLM's and pydantic's page of context."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3])[:600] or type(error).__name__
