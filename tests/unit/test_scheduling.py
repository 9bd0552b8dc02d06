"""Distribution of tests over processes: whole files, and what happens to the work of a process that crashes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.scheduling import FilesWhole

TESTS = ["tests/a.py::one", "tests/a.py::two", "tests/a.py::three", "tests/b.py::one", "tests/c.py::one"]


class Process:
    """Test process as the scheduler sees it: what it was sent, and whether it was told that there is no more."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.shutting_down = False
        self.gateway = SimpleNamespace(id="gw0")

    def send_runtest_some(self, indices: list[int]) -> None:
        assert indices
        self.sent += [TESTS[index] for index in indices]

    def shutdown(self) -> None:
        self.shutting_down = True

    def runs_all_but(self, number: int, scheduler: FilesWhole) -> None:
        """Run what it was sent, the last `number` tests left out."""
        done = 0
        while done < len(self.sent) - number:
            scheduler.mark_test_complete(cast(Any, self), TESTS.index(self.sent[done]))
            done += 1


@pytest.fixture
def config() -> Any:
    option = SimpleNamespace(loadscopereorder=False, debug=False, verbose=0)
    return SimpleNamespace(getvalue=lambda name: ["popen", "popen"], option=option)


def joined(scheduler: FilesWhole) -> Any:
    """A process that has collected the tests."""
    process: Any = Process()
    scheduler.add_node(process)
    scheduler.add_node_collection(process, TESTS)
    return process


def test_a_file_goes_to_one_process(config: Any) -> None:
    scheduler = FilesWhole(config)
    first, second = joined(scheduler), joined(scheduler)
    scheduler.schedule()
    assert first.sent == TESTS[:3]
    assert second.sent == TESTS[3:]


def test_a_crash_costs_the_test_it_happened_in_and_all_others_are_run_once(config: Any) -> None:
    scheduler = FilesWhole(config)
    first, second = joined(scheduler), joined(scheduler)
    scheduler.schedule()
    first.runs_all_but(2, scheduler)
    assert scheduler.remove_node(first) == "tests/a.py::two"

    third = joined(scheduler)
    scheduler.schedule()
    third.runs_all_but(0, scheduler)
    second.runs_all_but(0, scheduler)
    assert sorted(third.sent + second.sent) == sorted(TESTS[2:])
    assert not scheduler.has_pending


def test_a_process_that_takes_over_a_single_test_hears_that_no_other_follows(config: Any) -> None:
    scheduler = FilesWhole(config)
    first, second = joined(scheduler), joined(scheduler)
    scheduler.schedule()
    second.runs_all_but(0, scheduler)
    scheduler.remove_node(second)
    first.runs_all_but(2, scheduler)
    scheduler.remove_node(first)
    third = joined(scheduler)
    scheduler.schedule()
    assert (third.sent, third.shutting_down) == (["tests/a.py::three"], True)


def test_a_process_that_ends_with_everything_done_leaves_nothing(config: Any) -> None:
    scheduler = FilesWhole(config)
    first, second = joined(scheduler), joined(scheduler)
    scheduler.schedule()
    second.runs_all_but(0, scheduler)
    assert scheduler.remove_node(second) is None
    first.runs_all_but(0, scheduler)
    assert scheduler.tests_finished
