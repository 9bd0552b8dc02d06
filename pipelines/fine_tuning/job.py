"""Fine-tuning as a config asks for it: its own sections, the checks before anything starts, the job for the trainer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from actors.models.model_store import is_remote
from actors.trained_models.copies import uploaded
from actors.trained_models.provenance import difference, provenance
from actors.trained_models.seal import finished
from actors.trainer import trainer_options
from actors.training_data.files import data_files
from cluster.connect import nodes_of_this_machine
from factory.errors import BadInput, TrainingFailed
from factory.self_training.training import TrainingJob
from factory.spending import Spent
from factory.storage.opening import absolute
from pipelines.fine_tuning.training import TrainingOptions, check_room
from pipelines.pools.launch import named
from pipelines.run.session import RunSession, check_model
from pipelines.run.settings import Settings


@dataclass
class Data:
    """Config section `data`.

    Attributes:
      path: folder with train-*.parquet, of the columns that the trainer reads.
      timeout_s: seconds for the whole training; a week by default.
    """

    path: str = ""
    timeout_s: float = 7 * 86400.0


def checked(settings: Settings) -> tuple[dict[str, Any], str]:
    """Return the trainer's Ray options, and what is to be said of the model and its data; "" for nothing.

    Raises `BadInput` for what would end the run at once.
    """
    trainer = settings.own["trainer"]
    options = trainer_options(trainer.name, asdict(trainer.config))
    check_model(settings)
    if settings.stop.budget != Spent():
        raise BadInput("a budget is set (stop.*). Expected none: a training ends by its steps, or by data.timeout_s.")
    path = settings.own["data"].path
    if not path:
        raise BadInput("data.path is empty. Expected a folder with train-*.parquet, such as OUT/data/sft of an export.")

    remark = ""
    # Data in an object store are looked at by the trainer, which downloads them.
    if not is_remote(path):
        try:
            data_files(path)
            trainer.plugin.check_data(path, trainer.config)
            if settings.cluster.address == "local":
                remark = trainer.plugin.check_model(settings.model, path, trainer.config)
        except TrainingFailed as error:
            raise BadInput(str(error)) from None
    return options, remark


def job_of(settings: Settings) -> TrainingJob:
    """Return the training that these settings ask for; its paths are absolute, as actors work elsewhere."""
    folder = absolute(settings.run.dir)
    return TrainingJob(
        data=absolute(settings.own["data"].path),
        model=named(settings.model),
        out=f"{folder}/model",
        work=f"{folder}/work",
        seed=settings.run.seed,
        round=settings.run.round,
    )


def options_of(session: RunSession) -> TrainingOptions:
    """Return the limits that the config sets, and the session's listener."""
    settings = session.settings
    return TrainingOptions(
        access=settings.storage,
        timeout_s=settings.own["data"].timeout_s,
        start_timeout_s=settings.cluster.start_timeout_s,
        attempts=settings.cluster.attempts,
        say=session.listener.say,
        on_progress=session.listener.training,
        check=session.check,
    )


def refuse_another(settings: Settings, job: TrainingJob) -> None:
    """Raise `BadInput` when `job.out` holds a finished model that other settings or other data have made."""
    trainer, access = settings.own["trainer"], settings.storage
    if not (uploaded(job.out, access) if is_remote(job.out) else finished(job.out)):
        return
    try:
        ours = provenance(trainer.name, asdict(trainer.config), job, access)
    except TrainingFailed as error:
        raise BadInput(str(error)) from None
    if differs := difference(job.out, ours, trainer.plugin.EXECUTION, access):
        raise BadInput(f"{settings.run.dir} holds a model trained otherwise ({differs}). Choose another run.dir.")


def outline(settings: Settings) -> list[str]:
    """Return what a run of these settings would do, a line each. Raises `BadInput` where a run would."""
    options, remark = checked(settings)
    refuse_another(settings, job_of(settings))
    if settings.cluster.address == "local":
        check_room(options, nodes_of_this_machine())
    return [
        f"{settings.own['trainer'].name} trains {settings.model} on {settings.own['data'].path}, "
        f"into {settings.run.dir}/model",
        f"the trainer needs {options['num_cpus']:g} CPUs and {options['num_gpus']:g} GPUs on one node",
        *filter(None, [remark]),
    ]
