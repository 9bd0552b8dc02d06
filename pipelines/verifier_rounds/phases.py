"""Phases of a verifier loop, one method each: each does its work and returns the facts that the journal keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from factory.evaluation.verifier_scores import held_out_first_errors, labelled_first_errors, step_scores
from factory.seeds import seed_for
from factory.self_training.training import TrainingJob
from factory.storage.opening import open_store
from factory.types import POLICY
from pipelines.export.export import ExportOptions, export
from pipelines.method_comparison.report import ComparisonSummary, figures, summary_of, write
from pipelines.method_comparison.results import Results
from pipelines.method_comparison.work import Interrupted, SaysOnce, Work
from pipelines.pools.launch import named
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.work import RoundWork
from pipelines.verifier_rounds.loop_runs import (
    data_folder,
    evaluation,
    held_out_run,
    scored_run,
    search_runs,
    weights_folder,
)
from pipelines.verifier_rounds.settings import LoopSettings

FORMAT = "prm"
BEFORE, PHASES = ("label",), ("search", "train", "score", "evaluate")
# What the journal keeps of a comparison's rows.
_KEPT = ("method", "amount", "accuracy", "error", "gain", "gain_error", "tokens", "ratio", "scored", "seconds")
_COUNTS = ("questions", "failed", "solutions", "correct", "incorrect", "first_errors", "policy_calls", "label_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Phases of all rounds of one verifier loop, and what they share.

    Attributes:
      settings: settings of the loop.
      journal: facts of the phases that are done.
      work: session, engines, and how runs and trainings are done.
    """

    settings: LoopSettings
    journal: RoundJournal
    work: RoundWork

    def do(self, round_: int | None, phase: str) -> Facts | None:
        """Do one phase and return its facts; None when somebody has interrupted it."""
        if round_ is None:
            return self._label()
        work: dict[str, Callable[[int], Facts | None]] = {
            "search": self._search,
            "train": self._train,
            "score": self._score,
            "evaluate": self._evaluate,
        }
        return work[phase](round_)

    def _label(self) -> Facts | None:
        """Sample solutions of the held-out questions and label their steps: what every verifier is tested on."""
        counts = self.work.labelled(held_out_run(self.settings), screened=self._screened)
        return None if counts is None else {name: counts[name] for name in _COUNTS}

    def _search(self, round_: int) -> Facts | None:
        """Search for solutions of the training questions and label them, guided by the round before's verifier."""
        parts = {part.run.dir.rpartition("/")[2]: part for part in search_runs(self.settings, round_)}
        by_run = self.work.counted(parts, _COUNTS)
        if by_run is None:
            return None
        return {"runs": by_run, "policy_calls": sum(counts["policy_calls"] for counts in by_run.values())}

    def _train(self, round_: int) -> Facts:
        """Export the labels of all rounds so far and train a verifier on them, from the model as it came."""
        settings, base = self.settings, self.settings.base
        folders = [part.run.dir for done in range(round_ + 1) for part in search_runs(settings, done)]
        rows = export(folders, data_folder(settings, round_), ExportOptions(formats=(FORMAT,)), access=base.storage)
        job = TrainingJob(
            data=f"{data_folder(settings, round_)}/data/{FORMAT}",
            model=named(base.model),
            out=weights_folder(settings, round_),
            work=settings.folder(round_, "work"),
            seed=seed_for(base.run.seed, f"round_{round_}", "train"),
            round=round_,
        )
        trained = self.work.trained(job, settings.trainer, settings.loop.training_timeout_s)
        return {"rows": sum(rows.rows.values()), **trained}

    def _score(self, round_: int) -> Facts | None:
        """Have the verifier score the labelled held-out solutions, and measure the first errors that it names."""
        settings, part = self.settings, scored_run(self.settings, round_)
        if self.work.labelled(part, screened=self._screened) is None:
            return None
        trained = self.journal.done(round_, "train")["revision"]
        self.work.check_revision(part, settings.loop.verifier, trained)
        truths = labelled_first_errors(self.work.records(held_out_run(settings).run.dir, ["question_id", "solutions"]))
        scores = step_scores(self.work.records(part.run.dir, ["solutions", "tree"]))
        errors = held_out_first_errors(truths, scores, settings.loop.tune, settings.base.run.seed)
        return {
            "labelled": len(truths),
            "scored": len(scores),
            "first_errors": None if errors is None else asdict(errors),
        }

    def _evaluate(self, round_: int) -> Facts | None:
        """Measure the guided searches on the held-out questions, against the reference, at equal tokens."""
        comparison = evaluation(self.settings, round_)
        folder = comparison.base.run.dir
        store = open_store(folder, comparison.base.storage)
        results = Results(store, folder)
        comparing = Work(
            comparison=comparison,
            results=results,
            listener=SaysOnce(self.work.session.listener),
            pools=self.work.pools,
            screen=self.work.screen if self._screened else None,
            check=self.work.check,
            retry_failed=self.work.retry_failed,
            said=self.work.said,
        )
        try:
            comparing.do()
        except Interrupted:
            return None
        summary = summary_of(comparison, results)
        write(store, comparison, summary)
        return {
            "rows": [{key: row[key] for key in _KEPT} for row in figures(comparison, summary)["rows"]],
            "questions": summary.rows[0].measured.scores.questions,
            "policy_calls": _policy_calls(summary),
        }

    @property
    def _screened(self) -> bool:
        """True where the held-out questions are the training source's, whose gold answers the survey knows."""
        return not self.settings.held_out.source


def _policy_calls(summary: ComparisonSummary) -> int:
    """Return the completions that all methods have asked of the policy."""
    return sum(row.measured.scores.calls.get(POLICY, 0) for row in summary.rows)
