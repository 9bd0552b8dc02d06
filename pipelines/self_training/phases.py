"""The phases of a STaR round, one method each: what is done, and what is found out by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from factory.errors import FactoryError, TrainingFailed
from factory.evaluation.pass_at_k import COLUMNS, score
from factory.seeds import seed_for
from factory.self_training.candidates import is_solved
from factory.self_training.teaching import STUDENT, TEACHER, learned_in, roles
from factory.self_training.training import TrainingJob, as_json
from factory.shards.commits import read_rows
from factory.sources.split import HELD_OUT
from factory.storage.opening import open_store, opened_with
from factory.storage.store import Store
from pipelines import label_steps
from pipelines.fine_tuning.training import train, trainer_demand
from pipelines.label_steps import Listener, Summary
from pipelines.run.engine_pools import EnginePools
from pipelines.run.fleet import named
from pipelines.run.settings import Settings
from pipelines.run.survey import Screen
from pipelines.self_training.data import write_training_data
from pipelines.self_training.journal import Facts, Journal
from pipelines.self_training.star_runs import (
    held_out_runs,
    rationalising_run,
    sampling_run,
    training_folder,
    weights_folder,
)
from pipelines.self_training.star_settings import StarSettings


class Phases:
    """Everything that the rounds of one run share. `check` is called often, and may raise to end the run."""

    def __init__(
        self,
        found: StarSettings,
        journal: Journal,
        store: Store,
        pools: EnginePools,
        listener: Listener,
        check: Callable[[], None],
        screen: Screen,
        retry_failed: bool,
    ) -> None:
        self._found = found
        self._journal = journal
        self._store = store
        self._pools = pools
        self._listener = listener
        self._check = check
        self._screen = screen
        self._retry_failed = retry_failed

    def do(self, round_: int | None, phase: str) -> Facts | None:
        """What was found out; None when somebody has interrupted it."""
        if round_ is None:
            return self._evaluate(None)
        return getattr(self, f"_{phase}")(round_)

    def _sample(self, round_: int) -> Facts | None:
        who = roles(self._found.teacher.mode, round_).sampler
        return self._asked(who, sampling_run(self._found, round_, *self._weights(who, round_)))

    def _rationalise(self, round_: int) -> Facts | None:
        sampled = self._records(sampling_run(self._found, round_, *self._weights(STUDENT, round_)))
        if not self._found.rationalises or all(is_solved(row) for row in sampled):
            return {"policy_calls": 0, "questions": 0}
        who = roles(self._found.teacher.mode, round_).sampler
        model, _ = self._weights(who, round_)
        with opened_with(self._found.base.storage):  # its source is a folder of this very run
            return self._asked(who, rationalising_run(self._found, round_, model))

    def _keep(self, round_: int) -> Facts:
        counts = write_training_data(self._found, round_, self._store)
        if not counts["kept"] + counts["kept_hinted"]:
            raise FactoryError(
                f"round {round_} kept none of its solutions to {counts['questions']:,} questions: "
                f"{counts['rejected'] | counts['rejected_hinted']}. Expected some to train on: easier questions, more "
                f"samples (search.n), or a better prompt, in another run.dir; `factory inspect` shows what came."
            )
        return counts

    def _train(self, round_: int) -> Facts:
        found, base = self._found, self._found.base
        learner = roles(found.teacher.mode, round_).learner
        start, _ = self._weights(learner, round_) if found.star.start_from == "last" else (self._own(learner), False)
        self._pools.make_room([trainer_demand(found.trainer_options())])
        job = TrainingJob(
            data=f"{found.dir}/{training_folder(round_)}",
            model=named(start),
            out=weights_folder(found, round_),
            work=f"{found.dir}/{training_folder(round_)}/work",
            seed=seed_for(base.run.seed, f"round_{round_}", "train"),
            round=round_,
        )
        try:
            trained = train(
                job,
                found.trainer.name,
                asdict(found.trainer.config),
                access=base.storage,
                timeout_s=found.star.training_timeout_s,
                start_timeout_s=base.cluster.start_timeout_s,
                attempts=base.cluster.attempts,
                say=self._listener.say,
                on_progress=self._listener.training,
                check=self._check,
            )
        except TrainingFailed as error:
            raise TrainingFailed(
                f"{error}. The data of round {round_} are kept in {job.data}; mend the trainer (trainer.* may change), "
                f"then: factory resume {found.dir}"
            ) from None
        return as_json(trained)

    def _swap(self, round_: int) -> Facts:
        learner = roles(self._found.teacher.mode, round_).learner
        trained = (self._journal.facts(round_, "train") or {})["revision"]
        with self._pools.staff(learner, self._held_out(round_, learner)[0]) as fleet:
            revision = fleet.engine["revision"]
        if revision != trained:
            raise FactoryError(
                f"the engines have loaded weights of revision {revision} from "
                f"{weights_folder(self._found, round_)}, and round {round_} has trained {trained}. Expected the same: "
                "do all machines see the same folder?"
            )
        return {"learner": learner, "revision": revision}

    def _evaluate(self, round_: int | None) -> Facts | None:
        mode = self._found.teacher.mode
        learners = [roles(mode, round_).learner] if round_ is not None else [STUDENT, TEACHER]
        facts: dict[str, Any] = {"policy_calls": 0}
        for who in learners if mode == "turns" else [STUDENT]:
            greedy, sampled = self._held_out(round_, who)
            scores: dict[str, Any] = {}
            for name, part, k in (("greedy", greedy, 1), ("sampled", sampled, self._found.held_out.k)):
                asked = self._asked(who, part)
                if asked is None:
                    return None
                facts["policy_calls"] += asked["policy_calls"]
                scores[name] = asdict(score(self._records(part, COLUMNS), sorted({1, k})))
            facts[who] = scores
        return facts

    def _held_out(self, round_: int | None, who: str) -> tuple[Settings, ...]:
        model, trained = self._weights(who, 0 if round_ is None else round_ + 1)
        return held_out_runs(self._found, round_, who, model, trained)

    def _weights(self, who: str, round_: int) -> tuple[str, bool]:
        """The model that `who` is when a round begins, and whether an earlier round has trained it."""
        learned = learned_in(self._found.teacher.mode, who, round_)
        return (self._own(who), False) if learned is None else (weights_folder(self._found, learned), True)

    def _own(self, who: str) -> str:
        return self._found.teacher.model if who == TEACHER else self._found.base.model

    def _asked(self, who: str, part: Settings) -> dict[str, Any] | None:
        """One of the runs that this one is made of, done to its end; None when interrupted."""
        held_out = part.source.name == "split" and part.source.config.part == HELD_OUT
        summary: Summary = label_steps.run(
            part,
            self._listener,
            retry_failed=self._retry_failed,
            staff=partial(self._pools.staff, who),
            check=self._check,
            # It knows the gold answers of the training source, not those of an evaluation set of one's own.
            screen=None if held_out and self._found.held_out.source else self._screen,
        )
        return summary.tally.as_dict() if summary.complete and not summary.interrupted else None

    def _records(self, part: Settings, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        return read_rows(open_store(part.run.dir, part.storage), columns)
