"""One fine-tuning of a model on data that are there: a `factory export`, or what a STaR round has kept.

RUN_DIR/model         the trained model, a Hugging Face folder, whole as soon as it is there
RUN_DIR/work          checkpoints while it trains, metrics.jsonl
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from actors.models.model_store import is_remote
from actors.trained_models.copies import uploaded
from actors.trained_models.provenance import difference, provenance
from actors.trained_models.seal import finished
from actors.trainer import trainer_options
from actors.training_data.files import data_files
from cluster.connect import connected, nodes_of_this_machine
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import Trained, TrainingJob
from factory.storage.opening import absolute
from pipelines.driving.interrupt import Interrupt
from pipelines.fine_tuning.training import check_room, train
from pipelines.label_steps import Listener, check_model
from pipelines.run import run_folder
from pipelines.run.attempts import attempt, last_over
from pipelines.run.fleet import named
from pipelines.run.settings import Settings
from pipelines.run.survey import Survey


@dataclass
class Data:
    """`path`: a folder with train-*.parquet, of the columns that the trainer reads. `timeout_s` bounds the training."""

    path: str = ""
    timeout_s: float = 7 * 86400.0


SECTIONS = {"data": Data}
PLUGINS = {"trainer": ("actors.trainers", "kind", "sft")}
ELSEWHERE = ("trainer", "data.timeout_s")  # checkpoints of other settings are dropped, a model of others is refused
EFFORT = ()
ASKS = False  # no question, so no fleet


@dataclass(frozen=True)
class TrainSummary:
    """What a fine-tuning came to."""

    folder: str
    trained: Trained
    trainer: str
    seconds: float
    complete: bool = True
    short: int = 0


def outline(settings: Settings) -> list[str]:
    """What a run of these settings would do, a line each, for `factory plan`. Raises `BadInput` where a run would."""
    options = _checked(settings)
    _refuse_another(settings, job_of(settings))
    if settings.cluster.address == "local":
        check_room(options, nodes_of_this_machine())
    return [
        f"{settings.own['trainer'].name} trains {settings.model} on {settings.own['data'].path}, "
        f"into {settings.run.dir}/model",
        f"the trainer needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node",
    ]


def _checked(settings: Settings) -> dict[str, Any]:
    """The trainer's Ray options. Raises `BadInput` for what would end the run at once."""
    trainer = settings.own["trainer"]
    options = trainer_options(trainer.name, asdict(trainer.config))
    check_model(settings)
    path = settings.own["data"].path
    if not path:
        raise BadInput("data.path is empty. Expected a folder with train-*.parquet, such as OUT/data/sft of an export.")
    if not is_remote(path):
        try:
            data_files(path)
            if hasattr(trainer.module, "check_data"):
                trainer.module.check_data(path, trainer.config)
        except TrainingFailed as error:
            raise BadInput(str(error)) from None
    return options


def job_of(settings: Settings) -> TrainingJob:
    """The training that these settings ask for."""
    folder = absolute(settings.run.dir)
    return TrainingJob(
        data=absolute(settings.own["data"].path),
        model=named(settings.model),
        out=f"{folder}/model",
        work=f"{folder}/work",
        seed=settings.run.seed,
        round=settings.run.round,
    )


def _refuse_another(settings: Settings, job: TrainingJob) -> None:
    """Raises `BadInput` when a finished model is there that other settings or other data have made."""
    trainer, access = settings.own["trainer"], settings.storage
    if not (uploaded(job.out, access) if is_remote(job.out) else finished(job.out)):
        return
    try:
        ours = provenance(trainer.name, asdict(trainer.config), job, access)
    except TrainingFailed as error:
        raise BadInput(str(error)) from None
    if differs := difference(job.out, ours, getattr(trainer.module, "EXECUTION", ()), access):
        raise BadInput(f"{settings.run.dir} holds a model trained otherwise ({differs}). Choose another run.dir.")


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> TrainSummary:
    """Fine-tune `settings.model`; after a kill, go on from the last checkpoint. Raises `BadInput` before anything has
    started, `TrainingFailed` where it ends without a model. `retry_failed` has nothing to retry here."""
    listener = listener or Listener()
    started = time.monotonic()
    data, trainer = settings.own["data"], settings.own["trainer"]
    config = asdict(trainer.config)
    _checked(settings)
    store = run_folder.store_of(settings, listener.say)
    before = last_over(store, listener.say)
    run_folder.recognise(settings, store)
    job = job_of(settings)
    _refuse_another(settings, job)
    interrupt = Interrupt()
    facts = {"cluster": settings.plain["cluster"], "trainer": settings.plain["trainer"]}
    with interrupt.installed(), attempt(store, before, facts, settings.storage, listener.say) as mine:
        run_folder.bind(settings, store)
        run_folder.keep_survey(store, Survey())  # from here on the folder is this training's
        listener.say(f"starting Ray and the trainer ({trainer.name})")
        with connected(settings.cluster.address), interrupt.installed():
            try:
                trained = train(
                    job,
                    trainer.name,
                    config,
                    access=settings.storage,
                    timeout_s=data.timeout_s,
                    start_timeout_s=settings.cluster.start_timeout_s,
                    attempts=settings.cluster.attempts,
                    say=listener.say,
                    on_progress=listener.training,
                    check=mine.check,
                )
            except TrainingFailed as error:
                raise TrainingFailed(f"{error}. Mend it, then: factory resume {settings.run.dir}") from None
    run_folder.write_stats(store, {"complete": True, **asdict(trained)})
    return TrainSummary(
        folder=settings.run.dir, trained=trained, trainer=trainer.name, seconds=time.monotonic() - started
    )
