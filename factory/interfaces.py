"""Interfaces between the core and the world: models, engines, and what a checker may use.

Search methods and labellers get `Models` and nothing else, so that they cannot tell Ray from a stand-in of a test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from factory.errors import EngineFailed, QuestionFailed
from factory.types import POLICY, Completion, GenerateRequest, Question, ScoreRequest, Scores, Verdict

Say = Callable[[str], None]
"""Receiver of progress lines and remarks for the person who waits: `print`, or a terminal's status line."""


class Models(Protocol):
    """Models and answer checker of a run, as every search method and labeller gets them.

    Each model has a role; a plug-in's `roles` says which it asks (`factory/contracts/roles.py`), and no run starts in
    which nobody fills one of those. A class that names this one as its base fills the policy's role alone.
    """

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Return `request.n` continuations by the model of that role.

        Raises `PromptTooLong` or `EngineFailed`, about this question only.
        """
        ...

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores that the model of that role gives a solution, by step and as a whole.

        Args:
          role: role of a model that scores.
          question: question of the solution.
          steps: texts of its steps, separators included: joined they are the solution.

        Raises:
          PromptTooLong: the solution does not fit the scorer's context.
          EngineFailed: the scorer did not answer, or nobody fills that role; it concerns this question only.
        """
        raise EngineFailed(f"no model of the role {role!r} scores here; expected a pool of scorers with that role")

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the verdict on a whole solution text. Raises `CheckerFailed` when the checker itself is gone."""
        ...

    def room(self, question_id: str) -> int:
        """Return how many samples the question's engine of the policy could begin at once without making anybody wait.

        What is free is shared fairly among the questions that are under way there. 0 where that is not known; a class
        that names this one as its base inherits it.
        """
        return 0


class Engine(Protocol):
    """Text generator or scorer inside one actor: vLLM, a reward model, or a stand-in for tests.

    A class that names this one as its base inherits None for what it does not say about itself, `stats`, and `generate`
    and `score` that refuse every request: it defines one of these two.

    Attributes:
      name: engine and its version, for the records: "vllm 0.26.0".
      model: name for the records in place of the model that was asked for; None where that model answers.
      revision: hash or commit of the weights that answer now; None where they have none.
      max_model_len: most tokens of prompt and completion together; None where there is no limit.
      max_num_seqs: samples that it computes at the same time; None where it does not say. It may change over time.
      free_seqs: samples that it holds up to which one more hardly slows the others; None for `max_num_seqs`.
      max_num_batched_tokens: tokens that it computes in one step, prompts included; None where it does not say.
      remark: sentence for the user on what the model's chat template does to a system message; None for nothing.
    """

    name: str
    model: str | None = None
    revision: str | None = None
    max_model_len: int | None = None
    max_num_seqs: int | None = None
    free_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    remark: str | None = None

    async def start(self) -> None:
        """Load the model. Raises `BadInput` when it cannot be had."""
        ...

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Return one entry per request, in order: its `n` completions, or why this request alone failed."""
        return [EngineFailed(f"{self.name} scores solutions and generates no text; ask another pool")] * len(requests)

    async def score(self, requests: Sequence[ScoreRequest]) -> list[Scores | QuestionFailed]:
        """Return one entry per request, in order: its scores, or why this request alone failed."""
        return [EngineFailed(f"{self.name} generates text and scores none; ask a pool of scorers")] * len(requests)

    async def health(self) -> None:
        """Return when the engine can serve; raise when it cannot."""
        ...

    async def load_weights(self, path: str) -> None:
        """Swap in other weights without restarting, and forget what was cached under the old ones.

        `path` is the model as its name was given to the engine, or a folder of the same architecture. Raises when that
        cannot be done.
        """
        ...

    async def stats(self) -> dict[str, float]:
        """Return figures of what the engine does now and has done, by name. Empty where it knows none.

        An engine that says how full it is uses these names: `slots`, samples that it can run at once (0: any number);
        `slot_seconds`, seconds that slots were busy since its start, added up; `running` and `waiting`, samples;
        `most_running`, most that ever ran at once; `last_step_s`, seconds without a sign of life while it has something
        to do, else 0.
        """
        return {}

    async def close(self) -> None:
        """Free everything the engine holds, its processes included. Safe to call twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerLimits:
    """Limits of a worker process while it checks one solution; a checker with other needs defines `limits(config)`.

    Attributes:
      timeout_s: seconds of wall clock until the process is killed.
      memory_mb: address space in MiB.
      confined: True forbids the network, new programs and writing files. False is for a checker that starts programs
        in a sandbox of its own.
    """

    timeout_s: float = 5.0
    memory_mb: int = 2048
    confined: bool = True
