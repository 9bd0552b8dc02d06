"""Questions of another source by their place in it: those from number `skip` on, `limit` of them.

For parts that have to be apart and of a known size, such as the pilot and the test questions of `compare-methods`.
`split` draws its parts by a hash instead, which stay apart when the source is re-ordered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from factory.readers.inner_source import inner_questions, inner_questions_from, inner_section, inner_stamp
from factory.types import Question


@dataclass
class Config:
    """Settings of the slice.

    * `of`: the source that is sliced, a section of its own with `kind`.
    * `skip`: questions left out at its beginning.
    * `limit`: questions taken behind them; 0 is all.
    """

    of: dict[str, Any] = field(default_factory=dict)
    skip: int = 0
    limit: int = 0

    def __post_init__(self) -> None:
        """Check the numbers and complete the inner source. Raises `ValueError` or `BadInput`."""
        if self.skip < 0 or self.limit < 0:
            raise ValueError(f"skip is {self.skip}, limit is {self.limit}: expected 0 or more")
        self.of = inner_section(self.of, "of")


def questions(config: Config) -> Iterator[Question]:
    """Return the questions of the slice, in the source's order. Raises what the inner source raises."""
    end = config.skip + config.limit if config.limit else None
    return islice(inner_questions(config.of, "of"), config.skip, end)


def questions_from(config: Config, row: int) -> Iterator[Question]:
    """Return the questions of the slice but for the first `row`."""
    left = max(0, config.limit - row) if config.limit else None
    return islice(inner_questions_from(config.of, "of", config.skip + row), left)


def stamp(config: Config) -> str | None:
    """Return the stamp of the inner source."""
    return inner_stamp(config.of, "of")
