"""Other weights in a live engine: loaded in place, never mixed, named by what they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import ray
from support.waiting import HANGS_S

from actors.models.resolve import model_revision
from factory.types import GenerateRequest, Sampling

pytestmark = pytest.mark.end_to_end
REQUEST = GenerateRequest(
    question_id="q",
    prompt="Count: one, two, three, four, five,",
    sampling=Sampling(temperature=0.0, max_tokens=8),
)


@pytest.fixture(scope="module")
def other(model_folder: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The embedded model with its last layers' outputs switched off: it says something else, and always the same."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("other") / "model"
    shutil.copytree(model_folder, folder)
    [weights] = Path(folder).glob("*.safetensors")
    tensors = load_file(weights)
    for name, tensor in tensors.items():
        if name.endswith("mlp.down_proj.weight") and int(name.split(".")[2]) > 10:
            tensor.zero_()
    save_file(tensors, weights, metadata={"format": "pt"})
    return str(folder)


def said(generator, weights: str | None) -> tuple[int, ...]:
    ((completion,),) = ray.get(generator.generate.remote([REQUEST], weights), timeout=HANGS_S)
    return completion.token_ids


def test_every_call_is_answered_with_the_weights_it_names(generator, other):
    first, changed = said(generator, None), said(generator, other)
    assert changed != first
    calls = [generator.generate.remote([REQUEST], weights) for weights in (None, other) * 3]
    answers = [answer[0][0].token_ids for answer in ray.get(calls, timeout=HANGS_S)]
    assert answers == [first, changed] * 3


def test_a_swap_says_which_weights_it_has_loaded(generator, other, model_folder):
    assert ray.get(generator.load_weights.remote(other), timeout=HANGS_S)["revision"] == model_revision(other)
    back = ray.get(generator.load_weights.remote(None), timeout=HANGS_S)
    assert (back["revision"], back["weights"]) == (model_revision(model_folder), None)
