"""Settings that every trainer in this process shares, and what they mean for its Ray actor."""

from __future__ import annotations

from dataclasses import dataclass

PRECISIONS = ("auto", "true", "false")
SCHEDULERS = ("linear", "cosine", "constant", "constant_with_warmup", "inverse_sqrt")


@dataclass
class Options:
    """Settings of a training, under the names transformers and peft use, where they have one.

    * `lora`: train low-rank adapters (Hu et al., arXiv 2106.09685) and merge them at the end, instead of all weights.
    * `lora_rank`, `lora_alpha`, `lora_dropout`: size, scale and dropout of the adapters.
    * `lora_target_modules`: modules that get adapters; "all-linear", or names separated by commas.
    * `epochs`: how often every row is seen. `max_steps`: above 0 it replaces `epochs`.
    * `batch_size`: rows of one forward pass. One step is `batch_size` * `gradient_accumulation_steps` rows.
    * `learning_rate`: at the end of the warm-up. `warmup`: share of the steps below 1, steps from 1 on.
    * `scheduler`: one of `SCHEDULERS`. `weight_decay`, `max_grad_norm`: of AdamW and of the clipping of gradients.
    * `max_length`: tokens; an example that has more is left out and counted, never cut.
    * `bf16`: multiply in bfloat16: true, false, or auto, where the hardware can. The weights that are trained stay
      float32; the finished model has the type of the one it started from. For a base in bfloat16 this also keeps the
      loss honest: in float32 it counts small changes that are rounded away when the model is saved.
    * `gradient_checkpointing`: compute activations twice instead of keeping them; less memory, more time.
    * `save_steps`, `save_seconds`: a checkpoint after so many steps or seconds, whichever comes first; 0 is never.
    * `keep_checkpoints`: checkpoints that stay.
    * `num_cpus`, `num_gpus`: what Ray sets aside. `threads`: of one CPU training; 0 takes `num_cpus`.
    """

    lora: bool = False
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    lora_target_modules: str = "all-linear"
    epochs: float = 2.0
    max_steps: int = 0
    learning_rate: float = 1e-5
    warmup: float = 0.05
    scheduler: str = "linear"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    batch_size: int = 8
    gradient_accumulation_steps: int = 1
    max_length: int = 1024
    bf16: str = "auto"
    gradient_checkpointing: bool = False
    save_steps: int = 0
    save_seconds: float = 300.0
    keep_checkpoints: int = 2
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    threads: int = 0

    def __post_init__(self) -> None:
        """Check every value. Raises `ValueError`."""
        if self.num_gpus > 1:
            raise ValueError(
                f"num_gpus is {self.num_gpus:g}; expected at most 1, this trainer runs in one process; "
                "use trainer.kind=command with torchrun or accelerate launch for several GPUs"
            )
        # YAML's true arrives as True.
        self.bf16 = str(self.bf16).lower()
        if self.bf16 not in PRECISIONS:
            raise ValueError(f"bf16 is {self.bf16!r}; expected one of {', '.join(PRECISIONS)}")
        if self.scheduler not in SCHEDULERS:
            raise ValueError(f"scheduler is {self.scheduler!r}; expected one of {', '.join(SCHEDULERS)}")
        positive = ("batch_size", "gradient_accumulation_steps", "max_length", "keep_checkpoints", "lora_rank")
        for name in positive:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
        for name in ("learning_rate", "epochs"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")
        for name in ("warmup", "max_steps", "save_steps", "save_seconds", "weight_decay", "threads", "num_gpus"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected 0 or more")


# Settings of where and how a training runs, not of what comes out: a checkpoint serves it with other values.
EXECUTION = ("num_cpus", "threads", "save_steps", "save_seconds", "keep_checkpoints", "gradient_checkpointing")


def threads_of(config: Options) -> int:
    """Return the number of CPU threads of one training."""
    return config.threads or max(1, int(config.num_cpus))


def resources(config: Options) -> dict[str, float]:
    """Return the CPUs and GPUs that its Ray actor holds."""
    return {"num_cpus": config.num_cpus, "num_gpus": config.num_gpus}


def environment(config: Options) -> dict[str, str]:
    """Return the environment variables that its process needs before torch is imported."""
    variables = {"TOKENIZERS_PARALLELISM": "false", "TRANSFORMERS_VERBOSITY": "error"}
    if not config.num_gpus:
        # Threads that spin while they wait bring a machine with other work on it to a standstill.
        threads = {"OMP_NUM_THREADS": str(threads_of(config)), "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
        variables |= threads
    return variables
