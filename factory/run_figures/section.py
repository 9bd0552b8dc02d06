"""Contract of a section of a report."""

from __future__ import annotations

from typing import Any, Protocol

from factory.run_figures.flat_rows import FlatRows


class Section(Protocol):
    """Sum over all records of a run."""

    @property
    def COLUMNS(self) -> tuple[str, ...]:
        """Columns that it needs, named as `factory/records/record_columns.py` says."""
        ...

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        ...

    def figures(self) -> dict[str, Any]:
        """Return what it has come to, as JSON values."""
        ...
