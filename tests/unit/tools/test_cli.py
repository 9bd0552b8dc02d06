"""Command `factory` when it fails: one line that a person can read, and an exit status."""

from __future__ import annotations

import pytest

from factory.errors import BadInput, FactoryError, TrainingFailed
from tools import cli


@pytest.mark.parametrize(("kind", "status"), [(FactoryError, 1), (TrainingFailed, 1), (BadInput, 2)])
def test_what_ends_a_run_is_told_as_a_sentence_without_the_name_of_a_class(
    kind: type[FactoryError], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ends() -> None:
        raise kind("no server gave a\nuseful answer for 2 s")

    monkeypatch.setattr(cli, "app", ends)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsys.readouterr().err) == (status, "factory: no server gave a useful answer for 2 s\n")
