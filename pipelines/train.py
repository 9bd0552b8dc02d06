"""Fine-tuning of a model on data that are there: a `factory export`, or what a STaR round has kept.

    check the data → claim the folder → start the trainer → watch it → keep what it says

RUN_DIR/model         the trained model, a Hugging Face folder, whole as soon as it is there
RUN_DIR/work          checkpoints while it trains, metrics.jsonl
"""

from __future__ import annotations

from dataclasses import asdict

from actors.contracts.trainers import TRAINERS
from factory.errors import TrainingFailed
from pipelines.fine_tuning.job import Data, checked, job_of, options_of, outline, refuse_another
from pipelines.fine_tuning.report import TrainSummary, status_figures, status_lines, summary_lines
from pipelines.fine_tuning.training import train
from pipelines.run.contract import Pipeline, PluginSection
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> TrainSummary:
    """Fine-tune `settings.model`; after a kill, go on from the last checkpoint.

    Args:
      settings: the validated config.
      listener: receiver of the run's news; None for nobody.
      retry_failed: has no meaning here, as there are no questions to retry.

    Returns:
      What the trainer says of its model.

    Raises:
      BadInput: a mistake in config, data or folder; nothing has been started or written then.
      TrainingFailed: the training ended without a model.
    """
    trainer = settings.own["trainer"]
    _, remark = checked(settings)
    with RunSession(settings, listener) as session:
        if remark:
            session.listener.say(remark)
        # A finished model of other settings or data is refused, not overwritten.
        job = job_of(settings)
        refuse_another(settings, job)

        # Train, in a folder that is ours from here on.
        session.claim(survey=None, trainer=settings.plain["trainer"])
        session.listener.say(f"starting Ray and the trainer ({trainer.name})")
        with session.connected():
            try:
                trained = train(job, trainer.name, asdict(trainer.config), options_of(session))
            except TrainingFailed as error:
                raise TrainingFailed(f"{error}. Mend it, then: {session.resume_command}") from None

        session.write_stats({"complete": True, **asdict(trained)})
        return TrainSummary(settings.run.dir, trained, trainer.name, session.seconds)


PIPELINE = Pipeline(
    run=run,
    sections={"data": Data},
    plugin_sections={"trainer": PluginSection(registry=TRAINERS, default="sft")},
    # Checkpoints of other settings are dropped, and a model of others is refused.
    excluded_from_fingerprint=("trainer", "data.timeout_s"),
    effort=(),
    asks_a_model=False,
    outline=outline,
    status_lines=status_lines,
    status_figures=status_figures,
    summary_lines=summary_lines,
)
