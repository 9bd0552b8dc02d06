"""vLLM: continuous batching over all callers, prefix caching, `n` samples per prompt; on CPU and on GPUs alike.

Importing this module is cheap. vLLM itself costs seconds to import and is imported in `Engine.start()` only, because
what `environment` returns has to be in the process before that: pass it as the Ray actor's `runtime_env`.

Invariants:
* One engine per process; its child processes never outlive the actor (`actors/engine_runtime/engine_process.py`).
* A half-written sample is never handed out as a result: the engine counts as dead instead.
* After `load_weights`, nothing that was cached under the old weights is used again.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from actors.engine_runtime.copies import copies_of, distinct
from actors.engine_runtime.engine_process import EngineDied, adopt_orphans, kill_children, start_guard
from actors.engine_runtime.prompt_ids import PromptIds
from actors.engine_runtime.samples import Samples
from actors.engine_runtime.token_ends import TokenEnds
from actors.engine_runtime.vllm_figures import Figures, stat_loggers, unfinished_of
from actors.engine_runtime.vllm_settings import (
    EXECUTION,
    Config,
    engine_arguments,
    environment,
    free_seqs,
    parts_of,
    usage_context,
)
from actors.engine_start.last_words import LastWords
from actors.engine_start.span import Span
from actors.engine_start.start_checks import device_problem, refuse, shm_bytes, shm_problem
from actors.engine_start.vllm_parts import arguments_of, common, follow, short
from actors.models.chat_template import ChatTemplate, check_chat, system_remark
from actors.models.model_store import ensure_local, fetched_before
from actors.models.resolve import EMBEDDED, local_model, model_revision, resolve_model
from factory import interfaces
from factory.errors import BadInput, EngineFailed, FactoryError, PromptTooLong, QuestionFailed
from factory.reasoning.thoughts import is_mark
from factory.storage.access import Access
from factory.types import Completion, GenerateRequest, Prompt

__all__ = [
    "EXECUTION",
    "THINKING_BUDGET",
    "Config",
    "Engine",
    "check_chat",
    "check_model",
    "common",
    "engine_arguments",
    "environment",
    "fetch",
    "follow",
]


THINKING_BUDGET = True


def check_model(model: str) -> None:
    """Raise `BadInput` when `model` is neither embedded, nor a model folder, nor of the form org/name, nor a URL."""
    # A model in a store is checked when it is fetched.
    if model not in EMBEDDED and "://" not in model:
        resolve_model(model)


def fetch(model: str) -> None:
    """Bring a repository of the Hub, or an embedded model, to this machine. Raises `BadInput`."""
    fetched_before(local_model(model))


class Engine(interfaces.Engine):
    """`Engine` protocol of `factory/interfaces.py` around vLLM's `AsyncLLM`. One per process."""

    name = "vllm"

    def __init__(self, config: Config, model: str) -> None:
        self._config = config
        self._model = model
        self._llm: Any = None
        self._chat: ChatTemplate | None = None
        self._guard: Any = None
        self._request_ids = itertools.count()
        # None while vLLM tells nobody of its steps.
        self._figures: Figures | None = None
        self._words = LastWords()
        self._has_special_marks = self._ends_thoughts = False
        self.span: Span | None = None

    async def start(self) -> None:
        """Import vLLM, load the model and start the engine (20 s on two cores). Raises `BadInput`, `EngineDied`."""
        refuse(shm_problem(shm_bytes(), parts_of(self._config)))
        path = await asyncio.to_thread(local_model, self._model)
        await asyncio.to_thread(fetched_before, path)
        self.revision = await asyncio.to_thread(model_revision, path)
        adopt_orphans()
        self._guard = start_guard()
        try:
            from vllm import AsyncEngineArgs, __version__
            from vllm.platforms import current_platform
            from vllm.usage.usage_lib import UsageContext
            from vllm.v1.engine.async_llm import AsyncLLM

            refuse(device_problem(self._config.num_gpus, sees_gpus=current_platform.is_cuda_alike()))
            arguments = arguments_of(self._config, path, self.span)
            figures = Figures()
            hearers = stat_loggers(figures, AsyncLLM.from_engine_args)
            with self._words.listening():
                self._llm = AsyncLLM.from_engine_args(
                    AsyncEngineArgs(**arguments),
                    usage_context=UsageContext[usage_context(self._config)],
                    **hearers,
                )
        except FactoryError:
            await self.close()
            raise
        except (ValueError, TypeError, OSError) as error:
            # vLLM and transformers refuse a model or an argument by one of these.
            await self.close()
            raise BadInput(f"vLLM cannot start with model {self._model}: {short(error)}") from None
        except Exception as error:
            await self.close()
            raise EngineDied(
                f"vLLM did not start with model {self._model}: {short(error)}{self._words.sentence()}"
            ) from None
        self.name = f"vllm {__version__}"
        self._tokenizer = self._llm.get_tokenizer()
        self._has_special_marks = any(map(is_mark, getattr(self._tokenizer, "all_special_tokens", ())))
        reasoning = getattr(self._llm.vllm_config, "reasoning_config", None)
        self._ends_thoughts = bool(reasoning is not None and reasoning.enabled)
        self._samples = Samples(TokenEnds(self._tokenizer, keep_special=self._has_special_marks))
        self.remark = system_remark(self._tokenizer, self._model)
        self._prompt_ids = PromptIds(self._tokenise)
        self.max_model_len = self._longest = int(self._llm.model_config.max_model_len)
        scheduler = self._llm.vllm_config.scheduler_config
        self.max_num_seqs, self.max_num_batched_tokens = scheduler.max_num_seqs, scheduler.max_num_batched_tokens
        self.free_seqs = free_seqs(self._config)
        if hearers:
            figures.started(scheduler.max_num_seqs, unfinished_of(self._llm))
            self._figures = figures
        # The model is a repository on the Hub, which knows its own revision.
        if self.revision is None:
            self.revision = getattr(self._llm.model_config.hf_config, "_commit_hash", None)

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Hand all requests to vLLM's batch at once; see the protocol. Raises `EngineDied`: nothing was lost then."""
        return list(await asyncio.gather(*(self._generate_one(request) for request in requests)))

    async def _generate_one(self, request: GenerateRequest) -> list[Completion] | QuestionFailed:
        """Return the completions of one request, or why it alone failed.

        Raises `BadInput` for sampling settings that vLLM refuses, `EngineDied` when its process is gone.
        """
        from vllm import TokensPrompt
        from vllm.v1.engine.exceptions import EngineDeadError

        # Tokenise, and refuse what leaves no room for an answer.
        ids = [*self._prompt_ids(request.prompt, request.prefix_text), *request.prefix]
        room = self._longest - len(ids)
        if room < 1:
            return PromptTooLong(
                f"the prompt has {len(ids)} tokens, prefix included, and max_model_len is {self.max_model_len}: no "
                "room for an answer; shorten the question, its given solutions or the few-shot examples, or raise "
                "engine.max_model_len"
            )
        try:
            # Sampling settings are the same for every question, so a refusal ends the run.
            params = self._sampling_params(request, len(ids), room)
        except ValueError as error:
            # The config is at fault, not the question.
            raise BadInput(f"vLLM refuses these sampling settings: {short(error)}") from None
        try:
            # Sample; FINAL_ONLY yields once, at the end.
            final = None
            with self._figures.holding(params.n) if self._figures else nullcontext():
                async for output in self._llm.generate(
                    TokensPrompt(prompt_token_ids=ids), params, str(next(self._request_ids))
                ):
                    final = output
        except EngineDeadError:
            words = await asyncio.to_thread(self._words.sentence)
            raise EngineDied(f"vLLM's engine process died while it ran model {self._model}{words}") from None
        except Exception as error:
            # vLLM refused or lost this one request; the others go on.
            return EngineFailed(f"vLLM failed on this request: {type(error).__name__}: {short(error)}")
        begun = not isinstance(request.prompt, str) and self._chat is not None and self._chat.opens_a_thought
        completions = await self._samples.completions(final, params.n, ids, request.sampling, begun=begun)
        # Greedy samples are all the same, and vLLM refuses to make more than one.
        return completions if len(completions) == request.n else copies_of(completions[0], request.n)

    def _sampling_params(self, request: GenerateRequest, prompt_tokens: int, room: int) -> Any:
        """Return vLLM's parameters; the solution so far counts against `max_tokens`, as does the model's context."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        sampling = request.sampling
        if sampling.thinking_token_budget is not None and not self._ends_thoughts:
            raise BadInput(
                f"sampling.thinking_token_budget is {sampling.thinking_token_budget}, and vLLM does not know how model "
                f"{self._model} marks its thoughts; name its parser (engine.extra.reasoning_parser=qwen3), or leave "
                "the budget out"
            )
        # Tokens of the solution so far count against its limit.
        begun = prompt_tokens - len(self._prompt_ids(request.prompt, ""))
        return SamplingParams(
            n=distinct(request),
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            max_tokens=min(max(1, sampling.max_tokens - begun), room),
            # What ended a sample, vLLM says by name: a separator is put back, a stop string is not.
            stop=[*sampling.stop, *sampling.until],
            min_p=sampling.min_p,
            presence_penalty=sampling.presence_penalty,
            frequency_penalty=sampling.frequency_penalty,
            repetition_penalty=sampling.repetition_penalty,
            thinking_token_budget=sampling.thinking_token_budget,
            # Marks of thoughts and channels may be special tokens, without which nobody could tell them from answers.
            skip_special_tokens=not self._has_special_marks,
            seed=request.seed if self._config.seeded or sampling.seed is not None else None,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )

    def _tokenise(self, prompt: Prompt, prefix_text: str) -> tuple[int, ...]:
        """Return the ids of prompt and prefix as one text: a token may reach over the place where they meet."""
        if isinstance(prompt, str):
            return tuple(self._tokenizer.encode(prompt + prefix_text))
        # Made at the first chat prompt: a base model without a template reads raw text.
        self._chat = self._chat or ChatTemplate(self._tokenizer, self._model)
        return tuple(self._tokenizer.encode(self._chat.text(prompt) + prefix_text, add_special_tokens=False))

    async def stats(self) -> dict[str, float]:
        """Return how full vLLM is, by its scheduler; see `Figures.stats`. Empty where vLLM does not say."""
        return self._figures.stats() if self._figures else {}

    async def health(self) -> None:
        """Return when the engine process lives; raises `EngineDied`."""
        if self._llm is None or self._llm.errored:
            raise EngineDied(f"vLLM is not running model {self._model}")

    async def load_weights(self, path: str) -> None:
        """Swap in the weights of folder `path` (same architecture) and forget what was cached under the old ones.

        Raises `EngineDied` when the engine's process ends, `RuntimeError` when its cache cannot be emptied.
        """
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
