"""A run's folder: its config, what its source held, its shards, its logs.

config.yaml            the complete config; a folder belongs to one
manifests/source.json  what was counted in the source before anything started
data/part-*.parquet    committed units
logs/attempt_N/        one folder per `factory run` or `resume`
stats.json             counts at the end of the last attempt
"""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from factory.errors import BadInput
from factory.shards import read_tally, shard_paths
from factory.tally import Tally
from pipelines.settings import Settings, load, save
from pipelines.survey import Survey


def claim(settings: Settings) -> Path:
    """The run folder of `settings`, created or recognised. Raises `BadInput` when it holds another config.

    A folder is bound to a config once the source was read: until then there is nothing to lose, and a mistake in the
    config may be mended in place.
    """
    folder = Path(settings.run.dir)
    if "://" in settings.run.dir:
        raise BadInput(
            f"run.dir is {settings.run.dir!r}. Expected a local folder; object stores can only be read from yet."
        )
    config = folder / "config.yaml"
    if config.exists() and _survey_path(folder).exists():
        theirs = load(config)
        if theirs.fingerprint != settings.fingerprint:
            raise BadInput(
                f"{folder} holds a run with another config ({_difference(theirs, settings)}). "
                f"Choose another run.dir, or finish that one with `factory resume {folder}`."
            )
        return folder
    if shard_paths(folder):
        raise BadInput(f"{folder} holds shards, but no manifests/source.json says of what. Choose another run.dir.")
    with writing(folder):
        for name in ("data", "manifests", "logs"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        with _replacing(config) as temporary:
            save(settings, temporary)
    return folder


def opened(run_dir: str | Path, overrides: list[str] | None = None) -> Settings:
    """The settings kept in an existing run folder. Only `cluster.*` may be overridden. Raises `BadInput`."""
    folder = Path(run_dir)
    if not (folder / "config.yaml").is_file():
        raise BadInput(f"{folder} is no run folder: it holds no config.yaml. Expected one made by `factory run`.")
    settings = load(folder / "config.yaml", [*(overrides or []), f"run.dir={folder}"])
    if settings.fingerprint != load(folder / "config.yaml").fingerprint:
        raise BadInput(
            f"{' '.join(overrides or [])} would change the records. A resumed run takes only what does not: cluster.*, "
            "and where and how fast its engine runs."
        )
    return settings


def write_survey(folder: Path, survey: Survey) -> None:
    """Keep what the run begins with; refuse when the source or the prompt was another at an earlier attempt."""
    path = _survey_path(folder)
    if path.exists():
        before = read_survey(folder)
        if before.digest != survey.digest:
            raise BadInput(
                f"the source of {folder} has changed since the run began: {before.questions} questions then, "
                f"{survey.questions} now{', others' * (before.questions == survey.questions)}. "
                "Restore it, or start a new run.dir."
            )
        if before.prompt_id != survey.prompt_id:
            raise BadInput(
                f"the prompt template of {folder} has changed since the run began: its id was {before.prompt_id}, "
                f"now it is {survey.prompt_id}. Restore the file, or start a new run.dir."
            )
    with writing(folder):
        _write_json(path, asdict(survey))


def read_survey(folder: Path) -> Survey:
    path = _survey_path(folder)
    if not path.is_file():
        raise BadInput(
            f"{folder} holds no manifests/source.json: the run never got to its first unit. Use `factory run`."
        )
    return Survey(**json.loads(path.read_text(encoding="utf-8")))


def survey_of(folder: Path) -> Survey | None:
    """The survey of an earlier attempt, None before the first."""
    return read_survey(folder) if _survey_path(folder).is_file() else None


def committed_tally(folder: Path) -> Tally:
    """Counts over all committed shards, from their footers."""
    total = Tally()
    for path in shard_paths(folder):
        total.add(read_tally(path))
    return total


@contextmanager
def attempt(folder: Path, settings: Settings) -> Iterator[dict[str, object]]:
    """A fresh `logs/attempt_N/attempt.json` around an attempt: who, where, how wide, and how it ended.

    What is put into the yielded mapping is written at the end. An attempt that was killed has no end.
    """
    taken = [int(path.name.split("_")[1]) for path in (folder / "logs").glob("attempt_*")]
    path = folder / "logs" / f"attempt_{max(taken, default=0) + 1}" / "attempt.json"
    log: dict[str, object] = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "factory": version("selfplay-factory"),
        "cluster": settings.plain["cluster"],
        "engine": settings.plain["engine"],
    }
    with writing(folder):
        path.parent.mkdir(parents=True)
        _write_json(path, log)
    ended_by = "end"
    try:
        yield log
    except BaseException as error:
        ended_by = type(error).__name__
        raise
    finally:
        log |= {"ended": datetime.now(UTC).isoformat(timespec="seconds"), "ended_by": ended_by}
        with suppress(OSError):  # the disk may be what ended it
            _write_json(path, log)


def write_stats(folder: Path, stats: dict[str, object]) -> None:
    with writing(folder):
        _write_json(folder / "stats.json", stats)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Says in one line what to do when the run folder cannot be written to."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        advice = (
            "Expected room on this disk; free some and start again, nothing committed is lost."
            if full
            else "Expected a folder this user may write to; grant it or choose another run.dir."
        )
        raise BadInput(f"cannot write to run folder {folder}: {error.strerror or error}. {advice}") from None


def _survey_path(folder: Path) -> Path:
    return folder / "manifests" / "source.json"


def _write_json(path: Path, value: object) -> None:
    with _replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A name to write to, renamed at the end: a file that is there is whole, whatever the disk did."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _difference(theirs: Settings, ours: Settings) -> str:
    """The first differing key of two configs, with both values."""
    for section, value in ours.plain.items():
        other = theirs.plain.get(section)
        if section == "cluster" or value == other:
            continue
        if not isinstance(value, dict) or not isinstance(other, dict):
            return f"{section} is {other!r} there, {value!r} here"
        for key in [*value, *other]:
            if value.get(key) != other.get(key) and (section, key) != ("run", "dir"):
                return f"{section}.{key} is {other.get(key)!r} there, {value.get(key)!r} here"
    return "they differ"
