"""Launch of an engine: what Ray cannot set aside is refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from actors.engine_runtime.launch import generator_options
from factory.errors import BadInput


@pytest.mark.parametrize("kind", ["vllm", "scorer"])
@pytest.mark.parametrize("size", [{"num_gpus": -1.0}, {"num_cpus": -0.5}, {"num_cpus": float("nan")}])
def test_a_size_that_ray_cannot_set_aside_is_refused(kind: str, size: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=rf"engine\.{next(iter(size))} is"):
        generator_options(kind, size)
