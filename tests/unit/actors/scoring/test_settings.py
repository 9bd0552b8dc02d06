"""Settings of a scorer, and the threads that follow from them."""

from __future__ import annotations

import pytest

from actors.scoring.settings import Config, environment


@pytest.mark.parametrize(
    ("config", "threads"),
    [
        (Config(), "1"),
        (Config(num_cpus=0.1), "1"),
        (Config(num_cpus=4), "4"),
        (Config(num_cpus=0.1, threads=2), "2"),
    ],
)
def test_a_scorer_on_a_cpu_computes_with_as_many_threads_as_asked_for(config: Config, threads: str) -> None:
    assert environment(config)["OMP_NUM_THREADS"] == threads


def test_on_a_gpu_threads_are_left_as_they_are() -> None:
    assert "OMP_NUM_THREADS" not in environment(Config(num_gpus=1.0))


def test_fewer_than_no_threads_are_refused() -> None:
    with pytest.raises(ValueError, match="threads is -1"):
        Config(threads=-1)
