"""One question of a run, worked on again as the run did: with its seed, config, effort and weights, in this process.

The record holds the question, so its source need not be there. Equal means equal in all that `factory diff` compares:
texts, verdicts, rollouts, labels, first errors, tree and cost, but for times.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.errors import BadInput, QuestionFailed
from factory.interfaces import Say
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import Recipe, begin, finished_row, work
from factory.question_pipeline.settled import SettledModels
from factory.records.difference import differences
from factory.records.record import Failure
from factory.records.thought_fields import whole_text
from factory.rollouts.nodes import GIVEN
from factory.storage.store import Store
from factory.types import POLICY, Question
from pipelines.driving.run_experience import ExperienceFile
from pipelines.reproducing.comparison import LABELS, Part, as_old_as, parting, parts_of
from pipelines.reproducing.local_models import Facts, LocalModels, local_models
from pipelines.run.attempts import last_attempt
from pipelines.run.recipes import provenance_of, recipe_of
from pipelines.run.run_folder import EFFORT, opened, store_of
from pipelines.run.settings import Settings

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """Result of working on a question again.

    Attributes:
      question_id: its id.
      prompt: what the policy was asked, text or chat messages.
      parts: what the record says and what came now, part by part.
      differences: all that differs, as lines "what: in the record → now"; none where both are equal.
      remarks: sentences on where differences may come from.
    """

    question_id: str
    prompt: Any
    parts: Sequence[Part]
    differences: Sequence[str]
    remarks: Sequence[str]

    @property
    def equal(self) -> bool:
        """True where nothing differs."""
        return not self.differences

    def figures(self) -> dict[str, Any]:
        """Return it as JSON values."""
        parts = {part.name: {"recorded": part.recorded, "now": part.now, "same": part.same} for part in self.parts}
        return {
            "equal": self.equal,
            "question_id": self.question_id,
            "prompt": self.prompt,
            "parts": parts,
            "differences": list(self.differences),
            "remarks": list(self.remarks),
        }


def reproduce(run_dir: str, record: Row, overrides: Sequence[str] = (), say: Say = lambda line: None) -> Reproduction:
    """Work on a question again, and compare what comes with its record.

    Args:
      run_dir: folder of the run.
      record: row of the question there.
      overrides: changes to the config that a resumed run may have, such as `engine.num_gpus=1`.
      say: hears what takes time.

    Raises:
      BadInput: the folder holds no run, a model cannot be had, or an engine not be started here.
    """
    settings = opened(run_dir, [*_effort_of(run_dir, record), *overrides])
    if not settings.definition.asks_a_model:
        raise BadInput(f"{run_dir} is a run of pipeline {settings.pipeline}, which asks no model; nothing to do.")
    store = store_of(settings)
    said = [*filter(None, [unseeded(settings)])]
    for line in said:
        say(f"note: {line}")
    question = question_of(record)
    row, prompt, facts = asyncio.run(_worked(settings, store, question, _weights_of(store, said), said, say))
    now = as_old_as(record, _as_read(row))
    lines, parts = differences(record, now), parts_of(record, now)
    remarks = [*said, *(_remarks(settings, store, record, now, parts, facts) if lines else [])]
    return Reproduction(
        question_id=record["question_id"], prompt=prompt, parts=parts, differences=lines, remarks=remarks
    )


def question_of(record: Row) -> Question:
    """Return the question of a record, with the solutions that came with it."""
    return Question(
        text=record["question"],
        gold=record["gold_answer"],
        source=record["source"],
        answer_kind=record.get("answer_kind") or "math",
        licence=record.get("licence"),
        metadata=dict(record.get("metadata") or ()),
        id=record["question_id"],
        given=tuple(whole_text(one) for one in record["solutions"] if one["method"] == GIVEN),
    )


async def _worked(
    settings: Settings, store: Store, question: Question, weights: str | None, said: list[str], say: Say
) -> tuple[dict[str, Any], Any, Facts]:
    """Work on a question; return its row, its prompt and what the engines say of themselves."""
    recipe = recipe_of(settings)
    async with local_models(settings, weights, say) as (models, facts):
        experience = Experience()
        if settings.run.learn:
            learnt = ExperienceFile(store, facts[settings.completer].get("revision")).read(said.append)
            # Of nobody's, so all that is kept.
            experience.hear(learnt.others(-1))
        say(f"working on question {question.id}")
        row, prompt = await _row(recipe, question, models, experience, settings, facts)
    return row, prompt, facts


async def _row(
    recipe: Recipe, question: Question, models: LocalModels, experience: Experience, settings: Settings, facts: Facts
) -> tuple[dict[str, Any], Any]:
    """Return the row of a question, as a rollout worker makes it, and its prompt."""
    settled = SettledModels.of(models, recipe.checker, recipe.checker_config)
    attempt = begin(recipe, question, settled, experience)
    started, failure = time.monotonic(), None
    try:
        await work(recipe, attempt)
    except QuestionFailed as error:
        failure = Failure(stage=error.stage, type=type(error).__name__, message=str(error), attempts=error.attempts)
    seconds = time.monotonic() - started
    row = finished_row(attempt, made_by=provenance_of(settings, facts), failure=failure, seconds=seconds)
    return row, attempt.policy.prompt


def _as_read(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it comes back from a shard."""
    from factory.records.record import to_batch

    [read] = to_batch([row]).to_pylist()
    return dict(read)


def _effort_of(run_dir: str, record: Row) -> list[str]:
    """Return the amounts that the record was made with, as overrides: more may be asked for by now."""
    known = opened(run_dir).effort
    return [f"{key}={value}" for key, value in dict(record.get("effort") or ()).items() if key in known]


def _weights_of(store: Store, said: list[str]) -> str | None:
    """Return the folder of the weights that the last attempt's policy had; None for the model as it was named."""
    last = last_attempt(store)
    engine = (last[1].get("engine") if last else None) or {}
    weights = engine.get("weights") if isinstance(engine, dict) else None
    if weights and not ("://" in weights or Path(weights).is_dir()):
        said.append(f"the run's weights are gone ({weights}); the model that it began with answers instead")
        return None
    return weights or None


def _remarks(settings: Settings, store: Store, record: Row, now: Row, parts: Sequence[Part], facts: Facts) -> list[str]:
    """Return where the differences may come from."""
    by_name = {part.name: part for part in parts}
    remarks = []
    changed = [name for name in ("prompt", "weights", "engine", "checker") if not by_name[name].same]
    if changed:
        remarks.append(f"not the same as then: {', '.join(changed)}; the rest may follow from that")
    if store.size(EFFORT) is not None:
        remarks.append("amounts were raised after the run began: what was added later is sampled otherwise at once")
    if (where := parting(record, now)) is not None:
        remarks.append(where)
        if not changed and not unseeded(settings) and facts[POLICY]["engine"].split()[0] not in _EXACT:
            remarks.append(
                f"{facts[POLICY]['engine']} rounds otherwise in another batch and on another machine, most of all in "
                "16 bits: a seed repeats a sample only as far as no two tokens are nearly equally likely"
            )
    elif settings.run.learn and any(not by_name[name].same for name in LABELS):
        remarks.append(
            "the samples are the same. Which rollouts a labeller buys on top depends on what the run had learnt from "
            "other questions by then, and on how full its engines were; neither is in the record (run.learn=false "
            "makes runs that repeat)"
        )
    return remarks


def unseeded(settings: Settings) -> str:
    """Return the sentence that samples cannot repeat, as no request carried a seed; "" where they can."""
    sampling, config = settings.sampling, settings.pools[POLICY].engine.config
    if getattr(config, "seeded", True) or sampling.seed is not None or sampling.temperature == 0:
        return ""
    return (
        "the run sampled without seeds (engine.seeded=false), so other samples come each time: what can be compared is "
        "prompt, weights and checker. A run with engine.seeded=true, or sampling.seed, repeats"
    )


# Engines whose answer depends on the request alone.
_EXACT = ("scripted", "simulated")
