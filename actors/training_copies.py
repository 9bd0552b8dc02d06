"""A training whose places lie in an object store: this machine works on copies and puts the model back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace

from actors.model_store import download, upload
from actors.models import MANIFEST, cache_folder
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.training import Trained, TrainingJob
from factory.types import content_id


def on_copies(job: TrainingJob, access: Access, train: Callable[[TrainingJob], Trained]) -> Trained:
    """`train` the job on copies in `$FACTORY_CACHE`, and upload its model; at once when it lies there.

    Its checkpoints are on this machine alone: a training that is taken up again elsewhere begins anew.
    """
    if done := uploaded(job.out, access):
        return done
    scratch = cache_folder() / "training" / content_id(job.out)
    local = replace(job, data=str(scratch / "data"), out=str(scratch / "model"), work=str(scratch / "work"))
    shutil.rmtree(local.data, ignore_errors=True)
    download(job.data, scratch / "data", access)
    trained = replace(train(local), folder=job.out)
    upload(local.out, job.out, access)
    shutil.rmtree(scratch, ignore_errors=True)
    return trained


def uploaded(url: str, access: Access) -> Trained | None:
    """What is known of a model that lies there whole; None when there is none."""
    try:
        manifest = json.loads(open_store(url, access).read(MANIFEST))
    except FileNotFoundError:
        return None
    return replace(Trained(**manifest["training"]), folder=url)
