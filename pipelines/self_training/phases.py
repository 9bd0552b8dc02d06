"""Phases of a STaR round, one method each: each does its work and returns the facts that the journal keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from factory.errors import FactoryError
from factory.evaluation.pass_at_k import COLUMNS, score
from factory.seeds import seed_for
from factory.self_training.candidates import is_solved
from factory.self_training.teaching import STUDENT, TEACHER, last_learning_round, roles
from factory.self_training.training import TrainingJob
from factory.sources.split import HELD_OUT
from pipelines.pools.launch import named
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.work import RoundWork
from pipelines.run.settings import Settings
from pipelines.self_training.data import write_training_data
from pipelines.self_training.star_runs import (
    SAMPLE,
    held_out_runs,
    rationalising_run,
    sampling_run,
    training_folder,
    weights_folder,
)
from pipelines.self_training.star_settings import StarSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Phases of all rounds of one STaR run, and what they share.

    Attributes:
      settings: settings of the STaR run.
      journal: facts of the phases that are done.
      work: session, engines of student and teacher, and how runs and trainings are done.
    """

    settings: StarSettings
    journal: RoundJournal
    work: RoundWork

    def do(self, round_: int | None, phase: str) -> Facts | None:
        """Do one phase and return its facts; None when somebody has interrupted it."""
        if round_ is None:
            return self._evaluate(None)
        work: dict[str, Callable[[int], Facts | None]] = {
            "sample": self._sample,
            "rationalise": self._rationalise,
            "keep": self._keep,
            "train": self._train,
            "swap": self._swap,
            "evaluate": self._evaluate,
        }
        return work[phase](round_)

    def _sample(self, round_: int) -> Facts | None:
        """Sample solutions of the training questions."""
        who = roles(self.settings.teacher.mode, round_).sampler
        return self._labelled(who, sampling_run(self.settings, round_, *self._weights(who, round_)))

    def _rationalise(self, round_: int) -> Facts | None:
        """Ask the unsolved questions again, with the gold answer as a hint."""
        # A round whose questions are all solved has nothing to ask again.
        sampled = self.work.records(self.settings.folder(round_, SAMPLE))
        if not self.settings.rationalises or all(is_solved(row) for row in sampled):
            return {"policy_calls": 0, "questions": 0}
        who = roles(self.settings.teacher.mode, round_).sampler
        model, _ = self._weights(who, round_)
        return self._labelled(who, rationalising_run(self.settings, round_, model))

    def _keep(self, round_: int) -> Facts:
        """Decide which solutions become training data, and write them."""
        counts = write_training_data(self.settings, round_, self.work.session.store)
        if not counts["kept"] + counts["kept_hinted"]:
            raise FactoryError(
                f"round {round_} kept none of its solutions to {counts['questions']:,} questions: "
                f"{counts['rejected'] | counts['rejected_hinted']}. Expected some to train on: easier questions, more "
                f"samples (search.n), or a better prompt, in another run.dir; `factory inspect` shows what came."
            )
        return counts

    def _train(self, round_: int) -> Facts:
        """Fine-tune the learner on the round's data."""
        settings, base = self.settings, self.settings.base
        learner = roles(settings.teacher.mode, round_).learner
        start = self._own(learner)
        if settings.star.start_from == "last":
            start, _ = self._weights(learner, round_)
        job = TrainingJob(
            data=f"{settings.dir}/{training_folder(round_)}",
            model=named(start),
            out=weights_folder(settings, round_),
            work=f"{settings.dir}/{training_folder(round_)}/work",
            seed=seed_for(base.run.seed, f"round_{round_}", "train"),
            round=round_,
        )

        return self.work.trained(job, settings.trainer, settings.star.training_timeout_s)

    def _swap(self, round_: int) -> Facts:
        """Have the learner's engines answer with the weights that the round has trained."""
        learner = roles(self.settings.teacher.mode, round_).learner
        trained = self.journal.done(round_, "train")["revision"]
        revision = self.work.swapped(self._held_out(round_, learner)[0], trained, who=learner)
        return {"learner": learner, "revision": revision}

    def _evaluate(self, round_: int | None) -> Facts | None:
        """Answer the held-out questions, greedily and with samples, with whoever has learned."""
        mode = self.settings.teacher.mode
        # Before the first round both models are measured, later the one that has just learned.
        learners = [roles(mode, round_).learner] if round_ is not None else [STUDENT, TEACHER]
        facts: dict[str, Any] = {"policy_calls": 0}
        for who in learners if mode == "turns" else [STUDENT]:
            greedy, sampled = self._held_out(round_, who)
            scores: dict[str, Any] = {}
            for name, part, k in (("greedy", greedy, 1), ("sampled", sampled, self.settings.held_out.k)):
                counts = self._labelled(who, part)
                if counts is None:
                    return None
                facts["policy_calls"] += counts["policy_calls"]
                scores[name] = asdict(score(self.work.records(part.run.dir, COLUMNS), sorted({1, k})))
            facts[who] = scores
        return facts

    def _held_out(self, round_: int | None, who: str) -> tuple[Settings, ...]:
        """Return the runs that evaluate `who` after a round; None is before the first."""
        model, trained = self._weights(who, 0 if round_ is None else round_ + 1)
        return held_out_runs(self.settings, round_, who, model, trained)

    def _weights(self, who: str, round_: int) -> tuple[str, bool]:
        """Return the model that `who` is when a round begins, and whether an earlier round has trained it."""
        learned = last_learning_round(self.settings.teacher.mode, who, round_)
        return (self._own(who), False) if learned is None else (weights_folder(self.settings, learned), True)

    def _own(self, who: str) -> str:
        """Return the model that `who` is before the first round."""
        return self.settings.teacher.model if who == TEACHER else self.settings.base.model

    def _labelled(self, who: str, part: Settings) -> dict[str, Any] | None:
        """Do one of the runs that this one is made of; return its counts, None when it was interrupted."""
        held_out = part.source.name == "split" and part.source.config.part == HELD_OUT
        # The screen knows the gold answers of the training source, not those of an evaluation set of its own.
        return self.work.labelled(part, who=who, screened=not (held_out and self.settings.held_out.source))
