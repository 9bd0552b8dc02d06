"""Distribution of tests over the processes of pytest-xdist: a file stays whole, and so do the folders in `WHOLE`.

xdist's own `--dist loadgroup` has no effect with pytest 9.2: it writes groups into a field that pytest no longer reads.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Those of the one engine; and those that train in the test's process, which imports torch and transformers for them.
WHOLE = ("tests/end_to_end/", "tests/integration/training/")
TUTORIAL = "tests/end_to_end/test_tutorial.py"  # starts processes of its own, and shares no engine


class FilesWhole(LoadScopeScheduling):
    """Scheduler that hands out files in the order of collection, each to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the name of the unit that a test belongs to."""
        file = nodeid.partition("::")[0]
        folder = next((folder for folder in WHOLE if file.startswith(folder)), file)
        return file if file == TUTORIAL else folder
