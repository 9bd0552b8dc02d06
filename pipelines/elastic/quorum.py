"""Quorum of a pool: whether enough of its engines are up for a run to begin, or still may be. Pure."""

from __future__ import annotations

from factory.errors import BadInput, FactoryError

# Why an engine is no part of a pool: its weights, and those of the others.
OTHER_WEIGHTS = "it has loaded the weights {}, the others {}; do all machines see the same folder?"


class Quorum:
    """Account of how a pool's engines came up.

    * `tried`: places that were taken so far, and `out`: engines that were taken out, before the first run began.
    * `begun`: True from the first run on: failed starts are tried again then, and engines replaced.

    Args:
      number: engines that have to be up.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.tried: set[int] = set()
        self.out = 0
        self.begun = False
        self._error: Exception | None = None

    def note(self, error: Exception) -> None:
        """Keep what went wrong: the first of a start, that is what a user has to mend, and the last of a run."""
        self._error = error if self.begun else self._error or error

    def is_there(self, up: int, *, target: int, failed: int, late: bool) -> bool:
        """Return whether a run may begin: the first one with the quorum, a later one with whoever is up.

        Args:
          up: engines that are ready.
          target: engines that are wanted.
          failed: those that are there, and whose last start failed.
          late: True where a start has taken as long as it may.

        Raises:
          FactoryError: too few engines are left that may still come; or what the first one raised, where it is about
            all of them.
        """
        if up >= (1 if self.begun else self.number):
            return True
        if self.begun and late:
            raise self.hopeless(target)
        lost = self.out + failed
        if not self.begun and self._error is not None and target - lost < self.number:
            raise self.hopeless(target, lost)
        return False

    def hopeless(self, target: int, lost: int | None = None) -> Exception:
        """Return the error of a pool with too few engines: what went wrong, and how many it is about.

        Args:
          target: engines that were wanted.
          lost: engines that did not start; None is all of them.
        """
        error = self._error or FactoryError("none could be started")
        if target == 1 and not self.begun:
            return error
        kind = BadInput if isinstance(error, BadInput) else FactoryError
        gone = target if lost is None else lost
        return kind(f"{str(error).rstrip('.')}; {gone} of {target} engines did not start")
