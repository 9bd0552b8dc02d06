"""Sections of every run's config, as dataclasses: each key with its default, and the ranges of the values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from factory.added_fields import ADDED
from factory.errors import BadInput
from factory.plugins import suggest
from factory.rollouts.step_rule import PARTS, WHOLE
from factory.rollouts.steps import step_ends
from factory.shards.unit_sizes import AUTO
from factory.spending import Spent
from factory.storage.access import Access
from factory.types import Sampling

STEPS = "steps"
# Section of the budgets. They are those of a whole run: a run that is part of another has none of its own.
STOP = "stop"


@dataclass
class Run:
    """Config section `run`: where the records go, and how the work is cut and seeded.

    Attributes:
      dir: run folder, a local path or s3://bucket/folder.
      seed: seed of every draw of ours; vLLM repeats its samples only with engine.seeded.
      unit_size: questions per unit, which is one Parquet object; with auto 16, and more the further a large run goes
        on: 512 at most, as long as that is little of a worker's memory.
      learn: True lets questions, also those under way, teach each other what to expect of the model
        (`factory/labelling/experience.py`). With False, labels do not depend on the order of the questions.
      round: round of the self-training that the run is part of, for the records.
      part_of: folder of that self-training; it may be moved.
      grace_s: seconds that questions under way get to finish after the first Ctrl-C or SIGTERM; a resumed run may have
        another.
    """

    dir: str = "runs/label_steps"
    seed: int = 0
    unit_size: int | str = 16
    learn: bool = True
    round: int = 0
    part_of: str = ""
    grace_s: float = field(default=30.0, metadata=ADDED)


@dataclass
class Prompting:
    """Config section `prompt`.

    Attributes:
      template: name of a packaged prompt, or a text file of your own.
      style: raw (text) or chat (the model's chat template).
      separator: end of a step: newline, blank_line, paragraphs (for long thoughts), or a regular expression.
    """

    template: str = "few_shot_word_problems"
    style: str = "raw"
    separator: str = "newline"


# Defaults of the config and of code that samples without one are the same.
_SAMPLING = Sampling()


@dataclass
class SamplingSection:
    """Config section `sampling`, in vLLM's names.

    Attributes:
      temperature: 0 is greedy.
      top_p: share of the probability to choose tokens from, more than 0, at most 1.
      top_k: number of tokens to choose from; -1 is all.
      max_tokens: most tokens of one completion.
      stop: strings that end a completion, beside those of the prompt file.
      min_p: least probability of a token to choose from, as a share of the most probable one's, 0 to 1.
      presence_penalty, frequency_penalty: -2 to 2, taken off tokens that were sampled before, once and each time.
      repetition_penalty: more than 0; above 1, tokens that came before become less probable.
      thinking_token_budget: most tokens of a thought, which the engine then ends; null is no bound. vLLM needs to know
        the model's marks for it (engine.extra.reasoning_parser).
        These five are of the policy alone: a completer, critic or other role is asked without them.
      seed: seed of the samples alone, in place of run.seed: requests carry seeds, as with engine.seeded; null is none.
    """

    temperature: float = _SAMPLING.temperature
    top_p: float = _SAMPLING.top_p
    top_k: int = _SAMPLING.top_k
    max_tokens: int = _SAMPLING.max_tokens
    stop: list[str] = field(default_factory=list)
    min_p: float = field(default=_SAMPLING.min_p, metadata=ADDED)
    presence_penalty: float = field(default=_SAMPLING.presence_penalty, metadata=ADDED)
    frequency_penalty: float = field(default=_SAMPLING.frequency_penalty, metadata=ADDED)
    repetition_penalty: float = field(default=_SAMPLING.repetition_penalty, metadata=ADDED)
    thinking_token_budget: int | None = field(default=None, metadata=ADDED)
    seed: int | None = field(default=None, metadata=ADDED)


@dataclass
class Steps:
    """Config section `steps`: how solutions are cut into steps, beside `prompt.separator`.

    Attributes:
      of: whole; of a model that thinks aloud also answer or reasoning, and the other part is one step.
      max_steps: most steps of a solution, small ones are put together; 0 is 64 for prompt.separator=paragraphs, else
        no bound.
      min_tokens: tokens of the smallest step; 0 is 32 for prompt.separator=paragraphs, else no bound.
    """

    of: str = field(default=WHOLE, metadata=ADDED)
    max_steps: int = field(default=0, metadata=ADDED)
    min_tokens: int = field(default=0, metadata=ADDED)


@dataclass
class Cluster:
    """Config section `cluster`: where a run works and on how many actors; `factory resume` takes others.

    Attributes:
      address: "local" starts a Ray of its own on this machine; "auto" or HOST:PORT joins a cluster.
      generators: engines; {min: 1, max: 64} is a range that a run grows and shrinks in.
      most_generators: engines at most, which is the max of that range; 0 is as many as generators.
      quorum: share of a fixed number of engines that has to be up before a run begins, more than 0, at most 1; the
        others join as they come. Of a range the least number is waited for.
      workers: rollout workers, each for many questions at once; 0 is one for two engines, fewer where CPUs are short.
      checkers: answer checkers, for the least number of engines; more where there are more.
      writers: shard writers, for the least number of engines; more where there are more.
      units_in_flight: units that are worked on at a time at most, over all workers; 0 is as many as keep the engines
        full, or four per generator where these cannot say how much they hold.
      questions_per_worker: unfinished questions from which on a worker gets no further unit; 0 is as many as fit into
        2 GiB, by the samples of a question and `sampling.max_tokens`.
      checker_processes: processes of each answer checker.
      request_timeout_s: seconds that one call to a checker may take, and that an engine may have one request: from when
        it takes it, in proportion for more than 4,096 tokens, and for as many waves as its samples need; more where
        the engine is known to be slower.
      fetch_timeout_s: seconds that a machine may take to fetch the model of an engine.
      start_timeout_s: seconds that actors may take to start, of an engine from when its model is there; and a dead one
        to come back.
      engine_deaths: deaths of an engine within engine_window_s, without an answer in between, that take it out.
      engine_window_s: seconds in which they are counted.
      drain_s: seconds before a node is taken away in which nothing is to run on it any more.
      attempts: workers that a unit may cost before the run ends.
      spool_s: seconds after which finished questions of a unit that is not finished are kept in the run folder.
      metrics_port: port at which a Ray of this machine's own serves measures to Prometheus (`cluster/monitoring/`),
        with ray[default] installed; 0 leaves it to Ray. A cluster that is joined has its own.
      gpu_hour_price: money for an hour of one GPU, for what a run and an accepted solution have cost; 0 says nothing.
    """

    address: str = "local"
    generators: int = 1
    most_generators: int = 0
    quorum: float = 0.5
    workers: int = 0
    checkers: int = 1
    writers: int = 1
    units_in_flight: int = 0
    questions_per_worker: int = 0
    checker_processes: int = 1
    request_timeout_s: float = 1800.0
    fetch_timeout_s: float = field(default=3600.0, metadata=ADDED)
    start_timeout_s: float = 900.0
    engine_deaths: int = 8
    engine_window_s: float = 600.0
    drain_s: float = 10.0
    attempts: int = 4
    spool_s: float = 60.0
    metrics_port: int = 0
    gpu_hour_price: float = 0.0


@dataclass
class Limits:
    """Config section `stop`: budgets of a run over all its attempts. 0 is no limit.

    A run that has used one up finishes what is under way for `run.grace_s` and ends with status 1; it goes on when it
    is resumed with a higher one.

    Attributes:
      policy_calls: completions asked of the policy.
      gpu_hours: GPU time that engines hold; of a run of several rounds that of the trainer, or of all the engines that
        there may be, the larger.
      hours: time in which a driver is alive.
      money: what servers ask for their answers, and GPU time at `cluster.gpu_hour_price`.
    """

    policy_calls: int = 0
    gpu_hours: float = 0.0
    hours: float = 0.0
    money: float = 0.0

    def __post_init__(self) -> None:
        if min(self.policy_calls, self.gpu_hours, self.hours, self.money) < 0:
            raise ValueError("a limit is negative: expected 0 (no such limit) or more")

    @property
    def budget(self) -> Spent:
        """Budgets that were set; 0 for none."""
        return Spent(policy_calls=self.policy_calls, gpu_hours=self.gpu_hours, hours=self.hours, money=self.money)


SECTIONS = {
    "run": Run,
    "prompt": Prompting,
    "sampling": SamplingSection,
    STEPS: Steps,
    "cluster": Cluster,
    "storage": Access,
    STOP: Limits,
}


def check_ranges(filled: Mapping[str, Any]) -> None:
    """Raise `BadInput` for a value out of its range; `filled` holds the sections by name."""
    cluster, run, sampling = filled["cluster"], filled["run"], filled["sampling"]
    _check_engines(cluster)
    for name in ("generators", "checkers", "writers", "attempts"):
        if getattr(cluster, name) < 1:
            raise BadInput(f"cluster.{name} is {getattr(cluster, name)}. Expected at least 1.")
    for name in ("workers", "units_in_flight", "questions_per_worker"):
        if getattr(cluster, name) < 0:
            raise BadInput(f"cluster.{name} is {getattr(cluster, name)}. Expected at least 1, or 0 for the default.")
    if run.unit_size != AUTO and (isinstance(run.unit_size, str) or run.unit_size < 1):
        raise BadInput(f"run.unit_size is {run.unit_size}. Expected at least 1 question per unit, or {AUTO}.")
    if not 0 <= run.grace_s < math.inf:
        raise BadInput(f"run.grace_s is {run.grace_s}. Expected seconds, 0 or more.")
    if not 0 <= cluster.gpu_hour_price < math.inf:
        raise BadInput(f"cluster.gpu_hour_price is {cluster.gpu_hour_price}. Expected money, 0 or more.")
    if not 0 <= cluster.metrics_port < 1 << 16:
        raise BadInput(f"cluster.metrics_port is {cluster.metrics_port}. Expected a port, or 0 for any.")
    for name in ("spool_s", "fetch_timeout_s"):
        if not 0 < getattr(cluster, name) < math.inf:
            raise BadInput(f"cluster.{name} is {getattr(cluster, name)}. Expected seconds, more than 0.")
    if sampling.max_tokens < 1:
        raise BadInput(f"sampling.max_tokens is {sampling.max_tokens}. Expected at least 1.")
    if sampling.top_k < -1:
        raise BadInput(f"sampling.top_k is {sampling.top_k}. Expected -1 (all), or how many tokens to choose from.")
    if not all(sampling.stop):
        raise BadInput("sampling.stop holds an empty string. Expected strings that end a completion.")
    step_ends("", filled["prompt"].separator)
    if sampling.temperature < 0:
        raise BadInput(f"sampling.temperature is {sampling.temperature}. Expected 0 (greedy) or more.")
    if not 0 < sampling.top_p <= 1:
        raise BadInput(f"sampling.top_p is {sampling.top_p}. Expected more than 0, at most 1.")
    _check_penalties(sampling)
    if sampling.thinking_token_budget is not None and not filled["engine"].plugin.THINKING_BUDGET:
        raise BadInput(
            f"sampling.thinking_token_budget is {sampling.thinking_token_budget}, and engine.kind="
            f"{filled['engine'].name} ends no thought. Expected engine.kind=vllm or http, or no budget."
        )
    _check_steps(filled[STEPS])


def _check_penalties(sampling: SamplingSection) -> None:
    """Raise `BadInput` for settings that no engine takes."""
    if not 0 <= sampling.min_p <= 1:
        raise BadInput(f"sampling.min_p is {sampling.min_p}. Expected a share, 0 (no bound) to 1.")
    for name in ("presence_penalty", "frequency_penalty"):
        if not -2 <= getattr(sampling, name) <= 2:
            raise BadInput(f"sampling.{name} is {getattr(sampling, name)}. Expected -2 to 2; 0 is none.")
    if not 0 < sampling.repetition_penalty < math.inf:
        raise BadInput(
            f"sampling.repetition_penalty is {sampling.repetition_penalty}. Expected more than 0; 1 is none."
        )
    if sampling.thinking_token_budget is not None and sampling.thinking_token_budget < 0:
        raise BadInput(
            f"sampling.thinking_token_budget is {sampling.thinking_token_budget}. Expected tokens, 0 or more, or null."
        )


def _check_steps(steps: Steps) -> None:
    """Raise `BadInput` for a rule of cutting that makes no sense."""
    if steps.of not in PARTS:
        raise BadInput(f"steps.of is {steps.of!r}. {suggest(steps.of, list(PARTS))}")
    for name, least in (("max_steps", 2), ("min_tokens", 1)):
        if 0 != getattr(steps, name) < least:
            raise BadInput(f"steps.{name} is {getattr(steps, name)}. Expected at least {least}, or 0 for the default.")


def _check_engines(cluster: Cluster) -> None:
    """Raise `BadInput` for numbers of engines, and of their failures, that make no sense."""
    if cluster.most_generators and cluster.most_generators < cluster.generators:
        raise BadInput(
            f"cluster.most_generators is {cluster.most_generators}. Expected 0, or at least cluster.generators = "
            f"{cluster.generators}."
        )
    if not 0 < cluster.quorum <= 1:
        raise BadInput(f"cluster.quorum is {cluster.quorum}. Expected a share of the engines, more than 0, at most 1.")
    if cluster.engine_deaths < 1:
        raise BadInput(f"cluster.engine_deaths is {cluster.engine_deaths}. Expected at least 1.")
    if not 0 < cluster.engine_window_s < math.inf:
        raise BadInput(f"cluster.engine_window_s is {cluster.engine_window_s}. Expected seconds, more than 0.")
    if not 0 <= cluster.drain_s < math.inf:
        raise BadInput(f"cluster.drain_s is {cluster.drain_s}. Expected seconds, 0 or more.")
