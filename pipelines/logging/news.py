"""News of a drive: what its listener, its log, its receipts, Prometheus and the budgets hear while it works."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from actors.engine_runtime.launch import generator_options
from actors.metering import RayMeter
from factory.errors import StorageFailed
from factory.shards.commits import Receipt
from factory.shards.receipts import ReceiptLog
from pipelines.driving.drive import Progress
from pipelines.driving.engine_log import EngineLog
from pipelines.driving.progress_log import AttemptPlan, ProgressLog
from pipelines.driving.run_experience import ExperienceFile
from pipelines.measures.budget import OverBudget
from pipelines.measures.exporter import Exporter, label_of
from pipelines.measures.limits import RunLimits
from pipelines.run import run_folder
from pipelines.run.fleet import Fleet
from pipelines.run.listener import Outlook
from pipelines.run.session import RunSession


class DriveNews:
    """Everything that is kept and told of a drive while it works.

    Args:
      session: the run's session, whose folder is claimed.
      outlook: what lies ahead.
      fleet: actors that do it.
      check: called about twice a second; may raise to end the run.
      limits: budgets.

    Attributes:
      experience: what the run has learnt; None where it shall learn nothing.
      stopped: sentence on the budget that was used up; "" until one is.
    """

    def __init__(
        self, session: RunSession, outlook: Outlook, fleet: Fleet, check: Callable[[], None], limits: RunLimits
    ) -> None:
        settings, number = session.settings, session.attempt.number
        # None of these is worth waiting for the storage.
        self._brief = run_folder.store_of(settings, impatient=True)
        self._session, self._check, self._limits = session, check, limits
        self._receipts = ReceiptLog(session.store, number)
        # What is learnt is how the model does that finishes the labeller's rollouts.
        self._learnt = ExperienceFile(self._brief, fleet.facts[settings.completer].get("revision"))
        self.experience = self._learnt.read(session.listener.say) if settings.run.learn else None
        gpus = {
            role: float(generator_options(pool.engine.name, pool.engine_config)["num_gpus"])
            for role, pool in settings.pools.items()
        }
        engines = EngineLog(self._brief, number, fleet.facts, gpus)
        plan = AttemptPlan(
            questions=outlook.questions,
            units=outlook.units,
            committed=outlook.committed,
            least=outlook.least,
            before=limits.before,
        )
        self._live = ProgressLog(self._brief, number, plan, engines)
        self._exporter = Exporter(RayMeter(), label_of(settings.run.dir, settings.run.part_of), gpus)
        self.stopped = ""

    def receipt(self, receipt: Receipt) -> None:
        """Hear of a committed unit."""
        self._receipts.add(receipt)
        if self.experience:
            self._learnt.keep(self.experience)

    def progress(self, progress: Progress) -> None:
        """Hear how far the run is."""
        self._session.listener.progress(progress)
        self._live.keep(progress)
        self._exporter.hear(progress)
        self._limits.hear(progress)

    def check(self) -> None:
        """Raise what ends the run at once; a budget that is used up ends it as a Ctrl-C does, and is said once."""
        self._session.check()
        try:
            self._check()
            self._limits.check()
        except OverBudget as over:
            if not self.stopped:
                self.stopped = str(over)
                self._session.listener.say(f"{self.stopped}; finishing what is under way")
                self._session.interrupt.count = max(1, self._session.interrupt.count)

    def cut_off(self) -> None:
        """Keep what can be kept at once."""
        # A shard without a receipt costs a later reader a look into its footer, so nobody waits for the storage here.
        with suppress(StorageFailed):
            self._receipts.flush(self._brief)

    def end(self, progress: Progress) -> None:
        """Keep and tell the last figures."""
        self._live.end(progress)
        self._exporter.end(progress)
        self._receipts.flush()

    def keep_experience(self) -> None:
        """Keep what was learnt, unless the folder is another's by now."""
        if self.experience and not self._session.attempt.fenced:
            self._learnt.write(self.experience)
