"""Work that phases of several rounds are made of: labelling runs on kept engines, trainings, new weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from actors.contracts.trainers import TrainerPlugin
from actors.trainer import trainer_options
from factory.errors import FactoryError, TrainingFailed
from factory.self_training.training import TrainingJob, as_json
from factory.shards.commits import read_rows
from factory.storage.opening import open_store
from pipelines.fine_tuning.training import TrainingOptions, train, trainer_demand
from pipelines.planning.survey import Screen
from pipelines.run.contract import Plug
from pipelines.run.engine_pools import EnginePools
from pipelines.run.labelling import LabelOptions, label
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundWork:
    """Session of a run of several rounds, with what its phases share.

    Attributes:
      session: session on the run's folder; its claim covers the folders within.
      pools: engines, kept from phase to phase.
      screen: what the survey knows of the training source's gold answers.
      check: called about twice a second; may raise to end the run.
      retry_failed: questions that failed in the phase that was cut off are tried again.
      said: remarks on prompts that the user has read already.
    """

    session: RunSession
    pools: EnginePools
    screen: Screen
    check: Callable[[], None]
    retry_failed: bool = False
    said: set[str] = field(default_factory=set)

    def labelled(self, part: Settings, *, who: str = "", screened: bool = True) -> dict[str, Any] | None:
        """Do one of the runs that a phase is made of; return its counts, None when it was interrupted.

        Args:
          part: settings of the run.
          who: whose policy answers, where there are several.
          screened: False where its questions are not the training source's: the screen does not know their gold.
        """
        options = LabelOptions(
            retry_failed=self.retry_failed,
            staff=partial(self.pools.staff, who),
            screen=self.screen if screened else None,
            check=self.check,
            said=self.said,
        )
        summary = label(part, self.session.listener, options)
        return summary.tally.as_dict() if summary.complete and not summary.interrupted else None

    def counted(
        self, parts: Mapping[str, Settings], kept: Sequence[str], *, screened: bool = True
    ) -> dict[str, dict[str, Any]] | None:
        """Do several of the runs that a phase is made of, in order; return counts of each, None when interrupted.

        Args:
          parts: settings of the runs, by any name.
          kept: names of the counts that are returned.
          screened: as `labelled` says.
        """
        by_name = {}
        for name, part in parts.items():
            counts = self.labelled(part, screened=screened)
            if counts is None:
                return None
            by_name[name] = {count: counts[count] for count in kept}
        return by_name

    def records(self, folder: str, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield the records of one of the run's folders."""
        return read_rows(open_store(folder, self.session.settings.storage), columns)

    def trained(self, job: TrainingJob, trainer: Plug[TrainerPlugin], timeout_s: float) -> dict[str, Any]:
        """Fine-tune as `job` says and return the trainer's report; a model that is there already is not trained again.

        Raises `TrainingFailed`, with what to do.
        """
        base, listener = self.session.settings, self.session.listener
        config = asdict(trainer.config)
        # Engines stay where trainer and engines fit side by side; else they are released, to be started again later.
        self.pools.make_room([trainer_demand(trainer_options(trainer.name, config))])
        options = TrainingOptions(
            access=base.storage,
            timeout_s=timeout_s,
            start_timeout_s=base.cluster.start_timeout_s,
            attempts=base.cluster.attempts,
            say=listener.say,
            on_progress=listener.training,
            check=self.check,
        )
        try:
            return as_json(train(job, trainer.name, config, options))
        except TrainingFailed as error:
            raise TrainingFailed(
                f"{error}. The data of round {job.round} are kept in {job.data}; mend the trainer (trainer.* may "
                f"change), then: factory resume {base.run.dir}"
            ) from None

    def swapped(self, part: Settings, trained: str, *, who: str = "") -> str:
        """Have the policy's engines answer with the weights of `part`, and return the revision they report.

        Args:
          part: any run with these weights as its model.
          trained: revision that the trainer reported.
          who: whose policy it is, where there are several.

        Raises:
          FactoryError: they report another revision.
        """
        # A revision is a hash of the weights: engines on a machine that sees another folder are noticed here, before a
        # record is made with the wrong model.
        revision = str(self.pools.load(who, part)["revision"])
        if revision != trained:
            raise FactoryError(
                f"the engines have loaded weights of revision {revision} from {part.model}, and the trainer has made "
                f"{trained}. Expected the same: do all machines see the same folder?"
            )
        return revision

    def check_revision(self, part: Settings, role: str, trained: str) -> None:
        """Raise `FactoryError` where another model has answered in a role than the one that was trained for it.

        Args:
          part: a run that is done.
          role: role of the model.
          trained: revision that the trainer reported.
        """
        rows = self.records(part.run.dir, ["cost"])
        asked = {entry["revision"] for row in rows for entry in row["cost"]["roles"] or () if entry["role"] == role}
        # Engines of tests have no weights to name.
        if others := sorted(filter(None, asked - {trained})):
            raise FactoryError(
                f"the {role} that answered in {part.run.dir} has weights of revision {', '.join(others)}, and the "
                f"trainer has made {trained}. Expected the same: do all machines see the same folder?"
            )
