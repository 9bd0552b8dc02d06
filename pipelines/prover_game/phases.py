"""Phases of a prover–verifier game: each method does the work of one, and returns what the journal keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from factory.errors import FactoryError
from factory.evaluation.prover_scores import prover_scores, verdicts
from factory.evaluation.verifier_scores import scored_outcomes
from factory.seeds import seed_for
from factory.self_training.convincing import HELPFUL
from factory.self_training.training import TrainingJob
from pipelines.export.export import ExportOptions, export
from pipelines.pools.launch import named
from pipelines.prover_game.game_runs import (
    data_folder,
    held_out_runs,
    imitation_folder,
    sampling_runs,
    scored_runs,
    verifier_folder,
    weights_folder,
)
from pipelines.prover_game.imitation import write_imitation
from pipelines.prover_game.settings import VERIFIER, GameSettings
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.work import RoundWork
from pipelines.run.settings import Settings

FORMAT = "orm"
PHASES = ("reward", "provers", "sample", "verifier", "evaluate")
_COUNTS = ("questions", "failed", "solutions", "correct", "incorrect", "unparsable", "truncated", "policy_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Phases of all rounds of one game, and what they share.

    Attributes:
      settings: settings of the game.
      journal: facts of the phases that are done.
      work: session, engines, and how runs and trainings are done.
    """

    settings: GameSettings
    journal: RoundJournal
    work: RoundWork

    def do(self, round_: int | None, phase: str) -> Facts | None:
        """Do one phase of a round and return its facts; None when somebody has interrupted it."""
        work: dict[str, Callable[[int], Facts | None]] = {
            "reward": self._reward,
            "provers": self._provers,
            "sample": self._sample,
            "verifier": self._verifier,
            "evaluate": self._evaluate,
        }
        return work[phase](round_ or 0)

    def _trains(self, round_: int) -> bool:
        """Return whether the provers are trained in a round; in the first there is no verifier yet."""
        return round_ > 0 and self.settings.provers.train

    def _reward(self, round_: int) -> Facts | None:
        """Have the verifier score the solutions of the round before, and write the most rewarded of them."""
        if not self._trains(round_):
            return {"policy_calls": 0}
        trained = self.journal.done(round_ - 1, "verifier")["revision"]
        for part in scored_runs(self.settings, round_).values():
            if self.work.labelled(part) is None:
                return None
            self.work.check_revision(part, VERIFIER, trained)
        revision = self.journal.done(round_ - 1, "provers").get("revision")
        counts = write_imitation(self.settings, round_, revision, self.work.session.store)
        if not any(counted["kept"] for counted in counts.values()):
            raise FactoryError(
                f"round {round_} rewards none of {sum(counted['solutions'] for counted in counts.values()):,} "
                "solutions. Expected some to train the provers on: a lower provers.min_reward, more samples, or other "
                "questions, in another run.dir; or provers.train=false."
            )
        return {"policy_calls": 0, **counts}

    def _provers(self, round_: int) -> Facts:
        """Train the model on the most rewarded solutions of both roles, and have the engines answer with it."""
        if not self._trains(round_):
            return {"policy_calls": 0}
        settings = self.settings
        trained = self._trained(
            round_, "provers", f"{settings.dir}/{imitation_folder(round_)}", weights_folder(settings, round_)
        )
        part = sampling_runs(settings, round_)[HELPFUL]
        return {**trained, "revision": self.work.swapped(part, trained["revision"])}

    def _sample(self, round_: int) -> Facts | None:
        """Have both provers write solutions of the training questions."""
        return self._played(sampling_runs(self.settings, round_))

    def _verifier(self, round_: int) -> Facts:
        """Export the verdicts on both provers' solutions of all rounds, and train a verifier on them from the base."""
        settings = self.settings
        folders = [part.run.dir for done in range(round_ + 1) for part in sampling_runs(settings, done).values()]
        data = data_folder(settings, round_)
        rows = export(folders, data, ExportOptions(formats=(FORMAT,)), access=settings.base.storage)
        trained = self._trained(round_, "verifier", f"{data}/data/{FORMAT}", verifier_folder(settings, round_))
        return {"rows": sum(rows.rows.values()), **trained}

    def _evaluate(self, round_: int) -> Facts | None:
        """Let both provers play against the verifier on the held-out questions."""
        parts = held_out_runs(self.settings, round_)
        counts = self._played(parts, screened=not self.settings.held_out.source)
        if counts is None:
            return None
        trained = self.journal.done(round_, "verifier")["revision"]
        outcomes = []
        facts: dict[str, Any] = {"policy_calls": counts["policy_calls"]}
        for prover, part in parts.items():
            self.work.check_revision(part, VERIFIER, trained)
            facts[prover] = asdict(prover_scores(self.work.records(part.run.dir, ["solutions"])))
            outcomes += scored_outcomes(self.work.records(part.run.dir, ["solutions"]))
        return {**facts, "verifier": asdict(verdicts(outcomes))}

    def _played(self, parts: Mapping[str, Settings], *, screened: bool = True) -> dict[str, Any] | None:
        """Do the runs of both provers and return their counts; None when one was interrupted."""
        by_prover = self.work.counted(parts, _COUNTS, screened=screened)
        if by_prover is None:
            return None
        return {**by_prover, "policy_calls": sum(counts["policy_calls"] for counts in by_prover.values())}

    def _trained(self, round_: int, what: str, data: str, out: str) -> dict[str, Any]:
        """Train the model as it came: the verifier, or the provers."""
        settings = self.settings
        job = TrainingJob(
            data=data,
            model=named(settings.base.model),
            out=out,
            work=settings.folder(round_, f"work/{what}"),
            seed=seed_for(settings.base.run.seed, f"round_{round_}", what),
            round=round_,
        )
        trainer = settings.trainer if what == "verifier" else settings.prover_trainer
        return self.work.trained(job, trainer, settings.game.training_timeout_s)
