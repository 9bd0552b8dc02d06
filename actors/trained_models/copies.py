"""Training on copies: the job's places lie in an object store, this machine works on local files."""

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


def train_on_copies(job: TrainingJob, access: Access, train: Callable[[TrainingJob], Trained]) -> Trained:
    """Train on copies in `$FACTORY_CACHE`, and upload model, metrics and log; at once when the model is there.

    Its checkpoints are on this machine alone: a training that is taken up again elsewhere begins anew.

    Args:
      job: training whose data and output lie in an object store.
      access: credentials of the store.
      train: trains a job whose places are local.
    """
    if done := uploaded(job.out, access):
        return done
    # Copy the data, train in a scratch folder that is the same for the same job.
    scratch = cache_folder() / "training" / content_id(job.out, job.model, str(job.seed))
    local = replace(job, data=str(scratch / "data"), out=str(scratch / "model"), work=str(scratch / "work"))
    shutil.rmtree(local.data, ignore_errors=True)
    # A model left there may be of other data; checkpoints know what they belong to.
    shutil.rmtree(local.out, ignore_errors=True)
    copy_data(job.data, scratch / "data", access)
    try:
        trained = train(local)
    finally:
        _upload_logs(scratch / "work", job.work, access)
    # A trainer whose driver was taken for dead may have uploaded it meanwhile.
    if done := uploaded(job.out, access):
        return done
    # The manifest goes last, so a model in the store is whole or not there.
    upload(local.out, job.out, access)
    shutil.rmtree(scratch, ignore_errors=True)
    return replace(trained, folder=job.out)


def train_on_copied_data(job: TrainingJob, access: Access, train: Callable[[TrainingJob], Trained]) -> Trained:
    """Train a job, whose data alone lie in an object store, on a copy of them beside its checkpoints.

    Args:
      job: training whose data lie in an object store, and whose model goes to a local folder.
      access: credentials of the store.
      train: trains a job whose places are local.
    """
    if done := finished(job.out):
        return done
    copy = Path(job.work) / "data"
    # An attempt that died may have left half of it.
    shutil.rmtree(copy, ignore_errors=True)
    copy_data(job.data, copy, access)
    trained = train(replace(job, data=str(copy)))
    shutil.rmtree(copy, ignore_errors=True)
    return trained


def _upload_logs(work: Path, url: str, access: Access) -> None:
    """Upload the files of a work folder, but not its checkpoints, which are folders."""
    store = open_store(url, access)
    for path in work.iterdir() if work.is_dir() else ():
        if path.is_file():
            store.replace(path.name, path.read_bytes())


def uploaded(url: str, access: Access) -> Trained | None:
    """Return what is known of a model that lies at `url` whole; None when there is none."""
    try:
        manifest = json.loads(open_store(url, access).read(MANIFEST))
    except FileNotFoundError:
        return None
    return replace(Trained(**manifest["training"]), folder=url)
