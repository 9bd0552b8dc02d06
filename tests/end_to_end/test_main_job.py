"""Questions in, step-labelled Parquet out: the real engine, the real model, real actors, real checks."""

from __future__ import annotations

import pytest
import ray
from support.waiting import HANGS_S

from actors.answer_checker import AnswerChecker
from actors.remote_models import CallPatience, CheckFlow
from actors.rollout_worker import PeerNames, RolloutWorker
from actors.shard_writer import ShardWriter
from factory.shards.commits import read_rows
from factory.shards.units import Unit
from factory.storage.access import Access
from pipelines.run.recipes import provenance_of, recipe_of
from pipelines.run.settings import load

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def rows(generator, tmp_path_factory) -> list[dict]:
    """Three questions through a rollout worker that shares this session's engine."""
    folder = tmp_path_factory.mktemp("main-job")
    settings = load("label_steps", ["source.n=3", "search.n=8", "supervision.confidence=0.9"])
    questions = tuple(settings.source.plugin.questions(settings.source.config))
    engine = ray.get(generator.ready.remote(), timeout=HANGS_S)
    checker = ray.remote(AnswerChecker).options(num_cpus=0, name="main-job-checker").remote("math_answer", {})
    writer = ray.remote(ShardWriter).options(num_cpus=0, name="main-job-writer").remote(str(folder), Access())
    worker = (
        ray.remote(RolloutWorker)
        .options(num_cpus=0)
        .remote(
            recipe_of(settings),
            provenance_of(settings, engine),
            CallPatience(request_s=HANGS_S, restart_s=HANGS_S, attempts=2),
            PeerNames(generators=["generator"], checkers=["main-job-checker"], writers=["main-job-writer"]),
            CheckFlow(),
            str(folder),
            Access(),
        )
    )
    try:
        ray.get(worker.run.remote(Unit(id="aa00aa00", index=0, questions=questions)), timeout=HANGS_S)
    finally:
        ray.get(checker.close.remote(), timeout=HANGS_S)
        for actor in (worker, checker, writer):
            ray.kill(actor)
    return list(read_rows(folder))


def test_every_question_is_there_once_and_ok(rows):
    assert len({row["question_id"] for row in rows}) == len(rows) == 3
    assert {row["status"] for row in rows} == {"ok"}


def test_the_real_model_was_right_and_wrong(rows):
    assert {"correct", "incorrect"} <= {solution["verdict"] for row in rows for solution in row["solutions"]}


def test_solutions_name_the_real_engine_and_the_exact_weights(rows):
    made_by = {(s["engine"].split()[0], s["model"], len(s["model_revision"])) for row in rows for s in row["solutions"]}
    assert made_by == {("vllm", "smollm2-135m", 16)}


def test_steps_carry_counts_and_both_labels(rows):
    steps = [step for row in rows for solution in row["solutions"] for step in solution["steps"]]
    assert {1, -1} <= {step["label"] for step in steps}
    assert all(0 <= step["n_successes"] <= step["n_trials"] for step in steps)
    assert all(step["confidence"] >= 0.9 for step in steps if step["label"] is not None)


def test_probes_read_their_prefix_from_the_engine_cache(rows):
    assert sum(row["cost"]["cached_tokens"] for row in rows) > 0
