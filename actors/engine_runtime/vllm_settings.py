"""Settings of the vLLM engine, and what follows from them: environment variables and vLLM's own arguments.

Pure and free of vLLM, so that a driver without a GPU can check the settings of an actor elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actors.engine_start.span import Span
from factory.added_fields import ADDED


@dataclass
class Config:
    """Engine arguments under vLLM's own names. None means: what is best for the device, else vLLM's default.

    The engine runs on a GPU when `num_gpus` is above 0; then `tensor_parallel_size` times `pipeline_parallel_size`
    should equal it.

    * `num_gpus`, `num_cpus`: what Ray sets aside for the engine, over all its nodes.
    * `nodes`: machines that the engine lies over, each with an equal share of its parts; 0 is one where its GPUs fit on
      one, else as few of those that are there as it needs.
    * `max_model_len`: tokens of prompt and answer together; 2048 on a CPU where it is None.
    * `gpu_memory_utilization`: share of the device's memory, 0 to 1; 0.3 on a CPU where it is None.
    * `max_num_seqs`: samples computed at the same time; where it is None 128 on a CPU, and what vLLM's own `LLM` takes
      on a GPU (1024 on an H100).
    * `max_num_batched_tokens`: tokens of one step of the engine; where it is None 2048 on a CPU, and what vLLM's own
      `LLM` takes on a GPU (16384 on an H100).
    * `block_size`: tokens of one block of the key-value cache; 32 on a CPU where it is None.
    * `seeded`: pass each request's seed on to vLLM. On a CPU this switches chunked prefill off.
    * `extra`: further arguments of vLLM's `AsyncEngineArgs`, by name; they win over all others.
    * `env`: environment variables of the actor, in place of the defaults of `environment`. A kept config holds their
      names alone; null stands for the value that the variable has where the run is started.

    All others: see vLLM's documentation of `EngineArgs`.
    """

    num_gpus: float = 0.0
    num_cpus: float = 1.0
    dtype: str | None = None
    quantization: str | None = None
    max_model_len: int | None = None
    tensor_parallel_size: int = 1
    pipeline_parallel_size: int = field(default=1, metadata=ADDED)
    nodes: int = field(default=0, metadata=ADDED)
    gpu_memory_utilization: float | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    enable_prefix_caching: bool = True
    enable_chunked_prefill: bool | None = None
    enforce_eager: bool | None = None
    block_size: int | None = None
    seeded: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse more parts than GPUs, and a share of a GPU with more memory than that. Raises `ValueError`."""
        for name in ("tensor_parallel_size", "pipeline_parallel_size"):
            if (number := getattr(self, name)) < 1:
                raise ValueError(f"{name} is {number}: expected at least 1")
        if parts_of(self) > max(1, self.num_gpus or self.nodes):
            pipeline = f" times pipeline_parallel_size {self.pipeline_parallel_size}"
            raise ValueError(
                f"tensor_parallel_size is {self.tensor_parallel_size}{pipeline * (self.pipeline_parallel_size > 1)}, "
                f"num_gpus is {self.num_gpus:g}: expected a GPU for each of its parts; without GPUs, a node (nodes)"
            )
        memory = self.extra.get("gpu_memory_utilization", self.gpu_memory_utilization)
        if 0 < self.num_gpus < 1 and (memory is None or memory > self.num_gpus):
            # vLLM's own default is nearly all of it, and the second engine would find none.
            raise ValueError(
                f"num_gpus is {self.num_gpus:g}, a share of a GPU, and gpu_memory_utilization is "
                f"{'left open' if memory is None else f'{memory:g}'}: engines that share a GPU share its memory; "
                f"expected gpu_memory_utilization of at most {self.num_gpus:g}"
            )


# Samples per thread of a CPU from which on another one slows the others by about its own share: with two threads 126
# tokens/s at 16 in flight, 152 at 32, 164 at 64 (SmolLM2-135M, AVX2).
FREE_PER_THREAD = 16

# Settings of where and how fast an engine runs, not of what it says: a run may be resumed with other values.
EXECUTION = (
    "num_gpus",
    "num_cpus",
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "nodes",
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
    """Return the environment variables that the actor's process needs before vLLM is imported.

    They have to be in place at the first import, so they belong into the Ray actor's `runtime_env`. The config's own
    (`env`) are not among them: Ray writes a `runtime_env` into its logs.
    """
    variables = {
        "VLLM_LOGGING_LEVEL": "WARNING",
        "VLLM_NO_USAGE_STATS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # vLLM names its processes; without this the name is written over the environment that the guard looks into.
        "SPT_NOENV": "1",
    }
    if not config.num_gpus:
        # On two cores, 64 samples in flight: 188 tokens/s with two threads that sleep while they wait, 79 with one.
        threads = cpu_threads(config)
        variables |= {
            # One engine process instead of two starts in half the time.
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_CPU_KVCACHE_SPACE": "2",  # GiB
            # Otherwise the first compiled sampling path stalls for many seconds.
            "TORCHDYNAMO_DISABLE": "1",
            "OMP_NUM_THREADS": str(threads),
            # Threads that spin while they wait are faster on an idle machine (a third at 16 samples in flight), but the
            # factory's own processes want the same cores, and beside other work a step takes them four times as long.
            "OMP_WAIT_POLICY": "passive",
            "GOMP_SPINCOUNT": "0",
        }
        if config.nodes > 1:
            # Parts of one engine would be bound to the same cores where they share a machine.
            variables["VLLM_CPU_OMP_THREADS_BIND"] = "nobind"
    return variables


def parts_of(config: Config) -> int:
    """Return how many processes compute one engine together."""
    return config.tensor_parallel_size * config.pipeline_parallel_size


def cpu_threads(config: Config) -> int:
    """Return the threads of an engine without a GPU, or of each of its parts on several nodes."""
    return max(2, int(config.num_cpus / max(1, config.nodes)))


def free_seqs(config: Config) -> int | None:
    """Return the samples in an engine up to which one more hardly slows the others; None on a GPU: as many as it takes.

    A GPU reads its weights once a step, whatever number of samples they are for. A CPU's time is all arithmetic soon.
    """
    return None if config.num_gpus else FREE_PER_THREAD * cpu_threads(config)


def usage_context(config: Config) -> str:
    """Return the name of vLLM's `UsageContext`, by which it chooses how much it computes at the same time.

    Without one it takes 128 samples and 2,048 tokens a step whatever the GPU is. These suit a CPU: its steps are long
    enough.
    """
    return "LLM_CLASS" if config.num_gpus else "ENGINE_CONTEXT"


def engine_arguments(config: Config, model: str, *, bfloat16_cpu: bool = True) -> dict[str, Any]:
    """Return the keyword arguments for vLLM's `AsyncEngineArgs`.

    Args:
      config: settings of the engine; what is None there is left to vLLM, or set to what suits a CPU.
      model: local folder or Hugging Face id of the model.
      bfloat16_cpu: True when this machine's CPU multiplies bfloat16 itself; without a GPU it decides the type of the
        weights.
    """
    arguments: dict[str, Any] = {
        "model": model,
        "dtype": config.dtype,
        "quantization": config.quantization,
        "max_model_len": config.max_model_len,
        "tensor_parallel_size": config.tensor_parallel_size,
        "pipeline_parallel_size": config.pipeline_parallel_size,
        "gpu_memory_utilization": config.gpu_memory_utilization,
        "max_num_seqs": config.max_num_seqs,
        "max_num_batched_tokens": config.max_num_batched_tokens,
        "enable_prefix_caching": config.enable_prefix_caching,
        "enable_chunked_prefill": config.enable_chunked_prefill,
        "enforce_eager": config.enforce_eager,
        "block_size": config.block_size,
    }
    # Take over what is set.
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
        # Explicit settings win over the defaults of a CPU.
        arguments = defaults | {"max_num_seqs": 128, "max_model_len": 2048} | arguments
        if config.seeded:
            # vLLM's CPU sampler dies on a seeded request whose prompt was prefilled in more than one piece.
            arguments["enable_chunked_prefill"] = False
            longest = arguments["max_model_len"]
            arguments["max_num_batched_tokens"] = max(config.max_num_batched_tokens or 2048, longest)
    # Further arguments of vLLM win over everything.
    return arguments | dict(config.extra)


def common_arguments(config: Config, *, seed: int, bfloat16_cpu: bool) -> dict[str, Any]:
    """Return the arguments of vLLM that all parts of one engine need alike, and that no config says.

    Args:
      config: settings of the engine.
      seed: vLLM's own seed, 0 at every start unless it is given: engines would repeat what others have sampled.
      bfloat16_cpu: as for `engine_arguments`.
    """
    chosen = {"dtype": config.dtype or ("bfloat16" if bfloat16_cpu else "float32")} if not config.num_gpus else {}
    return {"disable_log_stats": True, "seed": seed, **chosen}


def spanned_arguments(span: Span | None) -> dict[str, Any]:
    """Return the arguments by which vLLM's parts on several nodes find each other; none on one node."""
    if span is None:
        return {}
    return {
        # Its own executor: Ray's refuses CPUs, and the actors are placed already.
        "distributed_executor_backend": "mp",
        "nnodes": span.nodes,
        "node_rank": span.rank,
        "master_addr": span.address,
        "master_port": span.port,
    }
