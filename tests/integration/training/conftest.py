"""Fixtures for the tests that train in this process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.training import tiny_model


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model to train, beside a process in which collecting garbage takes no time.

    Accelerate collects it whenever a training begins. What there is to look through here is all tests and libraries,
    and that took longer than the training: they are set aside.
    """
    import peft  # noqa: F401
    import torch  # noqa: F401
    from transformers import Trainer  # noqa: F401

    folder = tiny_model(tmp_path_factory.mktemp("base") / "model")
    gc.collect()
    gc.freeze()
    yield folder
    gc.unfreeze()
