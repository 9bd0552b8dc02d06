"""Parts of a vLLM engine: what each is started with, and those on further nodes, which compute without an `Engine`.

vLLM is imported within the functions: what the plug-in's `environment` returns has to be in the process before.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

from actors.engine_runtime.engine_process import EngineDied, adopt_orphans, kill_children, start_guard
from actors.engine_runtime.hardware import cpu_has_bfloat16
from actors.engine_runtime.vllm_settings import (
    Config,
    common_arguments,
    engine_arguments,
    parts_of,
    spanned_arguments,
    usage_context,
)
from actors.engine_start.last_words import LastWords
from actors.engine_start.span import Span
from actors.engine_start.start_checks import device_problem, refuse, shm_bytes, shm_problem
from actors.models.model_store import fetched_before
from actors.models.resolve import local_model
from factory.errors import FactoryError


def common(config: Config) -> dict[str, Any]:
    """Return vLLM's arguments that all parts of an engine have alike, chosen anew at every start."""
    return common_arguments(config, seed=secrets.randbits(31), bfloat16_cpu=cpu_has_bfloat16())


def follow(config: Config, model: str, span: Span) -> None:
    """Compute the part `span` of an engine over several nodes, as `vllm serve --headless` does, until it ends.

    Raises `BadInput` for a machine on which it would break, `EngineDied` when it has ended.
    """
    refuse(shm_problem(shm_bytes(), parts_of(config)))
    path = local_model(model)
    fetched_before(path)
    adopt_orphans()
    start_guard()
    arguments = arguments_of(config, path, span)
    words = LastWords()
    try:
        from vllm import AsyncEngineArgs
        from vllm.platforms import current_platform
        from vllm.usage.usage_lib import UsageContext
        from vllm.v1.executor.multiproc_executor import MultiprocExecutor

        refuse(device_problem(config.num_gpus, sees_gpus=current_platform.is_cuda_alike()))
        with words.listening():
            settings = AsyncEngineArgs(**arguments).create_engine_config(
                usage_context=UsageContext[usage_context(config)], headless=True
            )
            executor = MultiprocExecutor(settings, monitor_workers=False)
        executor.start_worker_monitor(inline=True)
    except FactoryError:
        raise
    except Exception as error:
        why = f"{short(error)}{words.sentence()}"
        raise EngineDied(f"part {span.rank} of {span.nodes} did not start with model {model}: {why}") from None
    finally:
        kill_children()
    raise EngineDied(f"part {span.rank} of {span.nodes} ended{words.sentence()}")


def arguments_of(config: Config, path: str, span: Span | None) -> dict[str, Any]:
    """Return the arguments of vLLM for one part of an engine, and have vLLM know the part's own address."""
    if span is not None:
        os.environ["VLLM_HOST_IP"] = span.host
    shared = span.common if span is not None else common(config)
    own = engine_arguments(config, path, bfloat16_cpu=cpu_has_bfloat16())
    # What is shared holds where the config says nothing: the processors of two machines may differ.
    return {**own, **shared, **config.extra, **spanned_arguments(span)}


def short(error: BaseException) -> str:
    """Return the sentence of an error that a person can act on, without vLLM's and pydantic's page of context."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:3])[:600] or type(error).__name__
