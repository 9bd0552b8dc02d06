"""Reading of single units from a source: it begins where they begin, and their ids are computed again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from factory.errors import BadInput
from factory.shards.unit_sizes import UnitSizes
from factory.shards.units import Unit, unit_of
from factory.types import Question
from pipelines.planning.kept_plan import FILE, KeptPlan
from pipelines.planning.source_rows import Numbered
from pipelines.planning.survey import begins_in_the_middle, questions_from
from pipelines.run.settings import Settings

# A gap of rows is read over, unless the source can begin behind it, and it is longer than this and than a share of what
# lies before its end. To begin anew, a file is looked through from its beginning; with this share that happens some ten
# times for each tenfold.
_GAP, _SHARE = 1024, 4


class UnitReader:
    """Reader of a run's units in the order of their indices. It holds one unit at a time.

    Args:
      settings: the validated config.
      sizes: sizes of the units.
      kept: ids of all units, and the rows that they are not made of.
      questions: number of questions that the run works on.
    """

    def __init__(self, settings: Settings, sizes: UnitSizes, kept: KeptPlan, questions: int) -> None:
        self._settings = settings
        self._sizes = sizes
        self._ids = kept.ids
        self._numbered = Numbered(kept.rows, settings.checker.plugin.READS)
        self._jumps = begins_in_the_middle(settings)
        self._questions = questions
        self._stream: Iterator[Question] | None = None
        self._row = 0

    def unit(self, index: int) -> Unit:
        """Return unit `index`, which is behind the one before. Raises `BadInput` where it has other questions now."""
        first, size = self._sizes.begins(index), self._sizes.size_in(index, self._questions)
        begin, end = self._numbered.row_of(first), self._numbered.row_of(first + size - 1) + 1
        stream = self._at(begin)
        part = tuple(self._numbered.used(begin, islice(stream, end - begin)))
        self._row = end
        unit = unit_of(part, index, self._settings.fingerprint)
        if int(unit.id, 16) != self._ids[index]:
            raise BadInput(
                f"the source of {self._settings.run.dir} has changed since it was read: its questions {first + 1:,} to "
                f"{first + size:,} are others now. Restore it, or start a new run.dir. If it is as it was, remove "
                f"{FILE} from the folder: then it is read again."
            )
        return unit

    def _at(self, row: int) -> Iterator[Question]:
        """Return the source's questions from `row` on."""
        gap = row - self._row
        if self._stream is None or (self._jumps and gap > max(_GAP, row // _SHARE)):
            self._stream = questions_from(self._settings, row)
        else:
            for _ in islice(self._stream, gap):
                pass
        return self._stream
