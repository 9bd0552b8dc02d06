"""Settings of a scorer, and what follows from them: environment variables. Pure and free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from factory.added_fields import ADDED
from factory.evaluation.best_of_n import AGGREGATIONS
from factory.formats.math_shepherd import TAG
from factory.plugins import suggest

AUTO, STEPS, SOLUTION, TAGS, EXTRA_0 = "auto", "steps", "solution", "tags", "extra_0"
LAYOUTS = (AUTO, STEPS, SOLUTION, TAGS, EXTRA_0)
DTYPES = ("float32", "bfloat16", "float16")


@dataclass
class Config:
    """Settings of a scorer. It runs on a GPU when `num_gpus` is above 0.

    * `layout`: what the model reads, and where it judges (`actors/scoring/README.md`): steps, solution, tags, extra_0;
      auto recognises it from the model folder.
    * `aggregation`: what makes the whole solution's score of the steps' scores: last, min, product or mean.
    * `separator`: text behind every step, of layouts steps and solution; None is the folder's own.
    * `tag`: text behind every step, of layout tags; `good` and `bad` are the words that the model chooses from there.
    * `dtype`: float32, bfloat16, float16; None is float32 on a CPU, and the folder's own on a GPU.
    * `max_model_len`: tokens of a text; a longer one fails. None takes what the model can read.
    * `num_gpus`, `num_cpus`: what Ray sets aside for the actor. `threads`: threads on a CPU; 0 takes `num_cpus`.
    * `max_num_seqs`: solutions that the actor holds at a time, and texts of one pass at most; None is 32 on a CPU and
      256 on a GPU.
    * `max_num_batched_tokens`: tokens of one pass, padding included; None is 2048 on a CPU, 16384 on a GPU. A pass that
      takes five minutes counts as one that hangs: a large model on a CPU needs fewer.
    * `env`: environment variables of the actor, in place of the defaults of `environment`. A kept config holds their
      names alone; null stands for the value that the variable has where the run is started.
    """

    layout: str = AUTO
    aggregation: str = "min"
    separator: str | None = None
    tag: str = TAG
    good: str = "+"
    bad: str = "-"
    dtype: str | None = None
    max_model_len: int | None = None
    num_gpus: float = 0.0
    num_cpus: float = 1.0
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    env: dict[str, str | None] = field(default_factory=dict)
    threads: int = field(default=0, metadata=ADDED)

    def __post_init__(self) -> None:
        """Check every value. Raises `ValueError`."""
        choices = {"layout": LAYOUTS, "aggregation": tuple(AGGREGATIONS), "dtype": DTYPES}
        for name, valid in choices.items():
            got = getattr(self, name)
            if got is not None and got not in valid:
                raise ValueError(f"{name} is {got!r}. {suggest(str(got), list(valid))}")
        if self.num_gpus > 1:
            raise ValueError(f"num_gpus is {self.num_gpus:g}; expected at most 1: a scorer is on one device")
        for name in ("max_num_seqs", "max_num_batched_tokens", "max_model_len"):
            if (number := getattr(self, name)) is not None and number < 1:
                raise ValueError(f"{name} is {number}; expected at least 1")
        if self.threads < 0:
            raise ValueError(f"threads is {self.threads}; expected 0 (as many as CPUs) or more")
        for name in ("separator", "tag", "good", "bad"):
            if getattr(self, name) == "":
                raise ValueError(f"{name} is empty; expected text")

    @property
    def device(self) -> str:
        """Torch device."""
        return "cuda" if self.num_gpus else "cpu"

    @property
    def batch_rows(self) -> int:
        """Texts of one pass at most, and solutions held at a time."""
        return self.max_num_seqs or (256 if self.num_gpus else 32)

    @property
    def batch_tokens(self) -> int:
        """Tokens of one pass, padding included."""
        return self.max_num_batched_tokens or (16_384 if self.num_gpus else 2048)


EXECUTION = ("num_gpus", "num_cpus", "threads", "max_num_seqs", "max_num_batched_tokens", "env")


def environment(config: Config) -> dict[str, str]:
    """Return the environment variables that the actor's process needs before torch is imported."""
    variables = {
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    if not config.num_gpus:
        # Threads that spin while they wait bring a machine with other work on it to a standstill.
        threads = str(config.threads or max(1, int(config.num_cpus)))
        variables |= {"OMP_NUM_THREADS": threads, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    return variables
