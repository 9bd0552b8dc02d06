"""A training whose places lie in an object store: this machine works on copies and puts the model back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from actors.models.model_store import upload
from actors.models.resolve import MANIFEST, cache_folder
from actors.trained_models.seal import finished
from actors.training_data.files import copy_data
from factory.self_training.training import Trained, TrainingJob
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.types import content_id


def on_copies(job: TrainingJob, access: Access, train: Callable[[TrainingJob], Trained]) -> Trained:
    """`train` the job on copies in `$FACTORY_CACHE`, and upload its model, its metrics and its log; at once when the
    model lies there.

    Its checkpoints are on this machine alone: a training that is taken up again elsewhere begins anew.
    """
    if done := uploaded(job.out, access):
        return done
    scratch = cache_folder() / "training" / content_id(job.out, job.model, str(job.seed))
    local = replace(job, data=str(scratch / "data"), out=str(scratch / "model"), work=str(scratch / "work"))
    shutil.rmtree(local.data, ignore_errors=True)
    shutil.rmtree(local.out, ignore_errors=True)  # it may be of other data; checkpoints know what they are of
    copy_data(job.data, scratch / "data", access)
    try:
        trained = train(local)
    finally:
        _upload_logs(scratch / "work", job.work, access)
    if done := uploaded(job.out, access):  # by a trainer whose driver was taken for dead
        return done
    upload(local.out, job.out, access)
    shutil.rmtree(scratch, ignore_errors=True)
    return replace(trained, folder=job.out)


def on_copied_data(job: TrainingJob, access: Access, train: Callable[[TrainingJob], Trained]) -> Trained:
    """`train` the job, whose data alone lie in an object store, on a copy of them beside its checkpoints."""
    if done := finished(job.out):
        return done
    copy = Path(job.work) / "data"
    shutil.rmtree(copy, ignore_errors=True)  # of an attempt that died
    copy_data(job.data, copy, access)
    trained = train(replace(job, data=str(copy)))
    shutil.rmtree(copy, ignore_errors=True)
    return trained


def _upload_logs(work: Path, url: str, access: Access) -> None:
    store = open_store(url, access)
    for path in work.iterdir() if work.is_dir() else ():
        if path.is_file():
            store.replace(path.name, path.read_bytes())


def uploaded(url: str, access: Access) -> Trained | None:
    """What is known of a model that lies there whole; None when there is none."""
    try:
        manifest = json.loads(open_store(url, access).read(MANIFEST))
    except FileNotFoundError:
        return None
    return replace(Trained(**manifest["training"]), folder=url)
