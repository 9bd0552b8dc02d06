"""Distribution of tests over the processes of pytest-xdist: a file stays whole, and so do the folders in `WHOLE`.

xdist's own `--dist loadgroup` has no effect with pytest 9.2: it writes groups into a field that pytest no longer reads.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# Those of the one engine; and those that train in the test's process, which imports torch and transformers for them.
WHOLE = ("tests/end_to_end/", "tests/integration/training/")
TUTORIAL = "tests/end_to_end/test_tutorial.py"  # starts processes of its own, and shares no engine
# Tests that a process has to know of: it begins the last of them only when it hears that no other follows.
KNOWN = 2


class FilesWhole(LoadScopeScheduling):
    """Scheduler that hands out files in the order of collection, each to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the name of the unit that a test belongs to."""
        file = nodeid.partition("::")[0]
        folder = next((folder for folder in WHOLE if file.startswith(folder)), file)
        return file if file == TUTORIAL else folder

    def remove_node(self, node: WorkerController) -> str | None:
        """Take back the work of a process that has ended; return the test in which it crashed, None where all was done.

        xdist hands on what is done as well: a process that is sent a file without tests never says that it is done with
        it, and the session waits for ever. The test of the crash would also be run again, and crash the next one.
        """
        work = self.assigned_work.pop(node)
        crashed = next((name for tests in work.values() for name, done in tests.items() if not done), None)
        if crashed is None:
            return None
        work[self._split_scope(crashed)][crashed] = True
        self.workqueue.update({unit: tests for unit, tests in work.items() if not all(tests.values())})
        for other in self.nodes:
            self._reschedule(other)
        return crashed

    def _reschedule(self, node: WorkerController) -> None:
        """Give a process files until it knows of enough tests, or that there are no more."""
        # One that takes the place of a crashed one has not said yet which tests it knows.
        may = node in self.registered_collections
        while may and not node.shutting_down and self._pending_of(self.assigned_work[node]) <= KNOWN:
            super()._reschedule(node)
