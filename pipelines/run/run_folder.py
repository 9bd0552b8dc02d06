"""Folder of a run, on a local disk or on S3: its config, counts of its source, its shards, its logs.

config.yaml              the complete config the run began with, no secret in it; a folder belongs to one
manifests/source.json    counts of the source, made before anything started
manifests/effort.json    amounts that were raised since: samples, rollouts, tokens
manifests/plan.parquet   ids of the units, and what is left out of the source: without it, the source is read again
manifests/receipts/      receipts of the units that the driver got
data/part-*.parquet      committed units
spool/                   finished questions of units that are not committed yet; no reader looks here
logs/attempt_N/          one folder per `factory run` or `resume`: who drove, its heartbeat, how far it is, what it said
experience.json          what the run has learnt of its model; without it, it is learnt anew
stats.json               counts at the end of the last attempt
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from factory.config import as_yaml, fill, parse_yaml
from factory.errors import BadInput
from factory.question_pipeline.effort import lowered
from factory.shards.commits import shards
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.retries import Tell, log_warning
from factory.storage.store import Store
from pipelines.planning.survey import Survey
from pipelines.run.merged_folder import refuse_merged
from pipelines.run.settings import Settings, dump, parse

# Seconds that a write may take which nobody should wait for.
IMPATIENT_S = 5.0
CONFIG, SURVEY, EFFORT, STATS = "config.yaml", "manifests/source.json", "manifests/effort.json", "stats.json"


def store_of(settings: Settings, tell: Tell = log_warning, *, impatient: bool = False) -> Store:
    """Return the folder of the run.

    Args:
      settings: the validated config.
      tell: hears when the storage does not answer for a while.
      impatient: True for a write that is not worth waiting for; it is given up after `IMPATIENT_S` seconds.

    Raises:
      BadInput: the place cannot hold a run.
    """
    access = replace(settings.storage, patience_s=IMPATIENT_S) if impatient else settings.storage
    return open_store(settings.run.dir, access, tell)


def recognise(settings: Settings, store: Store) -> bool:
    """Return whether the folder holds this very run; False when it holds none yet.

    A folder is bound to a config once the source was read: until then there is nothing to lose, and a mistake in the
    config may be mended in place. A pipeline that reads no source binds it at once.

    Raises `BadInput` when the folder holds another run, or the same with more asked for than now.
    """
    # Look whether anything binds the folder yet.
    refuse_merged(store)
    theirs = _config_of(store)
    if theirs is None or (_reads_questions(theirs) and store.size(SURVEY) is None):
        if shards(store):
            raise BadInput(f"{store.url} holds shards, but no {SURVEY} says of what. Choose another run.dir.")
        return False

    # Compare what decides the records, then how much was asked for.
    if theirs.fingerprint != settings.fingerprint:
        raise BadInput(
            f"{store.url} holds a run with another config ({_difference(theirs, settings)}). "
            f"Choose another run.dir, or finish that one with `factory resume {store.url}`."
        )
    before, now = asked_for(store, theirs), settings.effort
    for key in lowered(before, now):
        raise BadInput(
            f"{key} is {now[key]}, but {store.url} holds records made with {before[key]}. It may be raised, not "
            "lowered; choose another run.dir."
        )
    return True


def bind(settings: Settings, store: Store) -> None:
    """Keep the config in a folder that holds none, and what is asked for where that was raised."""
    if not recognise(settings, store):
        store.replace(CONFIG, dump(settings).encode())
        return
    kept = _config_of(store)
    if asked_for(store, kept) != settings.effort:
        store.replace(EFFORT, _encoded(settings.effort))
    if kept is not None and (updated := _updated(kept, settings)).plain != kept.plain:
        store.replace(CONFIG, dump(updated).encode())


def _updated(kept: Settings, settings: Settings) -> Settings:
    """Return the kept settings with what a resumed run may change taken from the new ones, for the attempts to come."""
    plain = dict(kept.plain)
    for key in settings.definition.excluded_from_fingerprint:
        section, _, name = key.partition(".")
        plain[section] = {**plain[section], name: settings.plain[section][name]} if name else settings.plain[section]
    return replace(kept, plain=plain)


def asked_for(store: Store, settings: Settings | None) -> dict[str, int]:
    """Return the amounts asked for lately, by config key: those the run began with, or was raised to."""
    kept = _kept(store, EFFORT)
    return settings.effort if kept is None and settings else kept or {}


def was_raised(store: Store, settings: Settings) -> bool:
    """Return whether shards of this folder may have been made with less effort than `settings` ask for."""
    return store.size(EFFORT) is not None or asked_for(store, _config_of(store) or settings) != settings.effort


def opened(run_dir: str | Path, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings kept in an existing run folder, with what was raised since.

    Args:
      run_dir: the folder.
      overrides: changes, each section.key=value: where and how wide it runs (`cluster.*`, `storage.*`, where and how
        fast its engine runs), and amounts that are raised.

    Raises:
      BadInput: the folder holds no run, or an override would change the records.
    """
    # The caller says where the folder lies and how it is reached, never the folder: it may have been moved.
    access = fill(Access, parse_yaml("{}", "overrides", overrides).get("storage"), "storage")
    store = open_store(run_dir, access)
    kept = _config_of(store)
    if kept is None:
        raise BadInput(f"{run_dir} is no run folder: it holds no {CONFIG}. Expected one made by `factory run`.")

    # Apply what was raised, then the overrides, and look whether it is still the same run.
    plain = {**kept.plain, "storage": None, "run": {**kept.plain["run"], "dir": str(run_dir)}}
    raised = [f"{key}={value}" for key, value in asked_for(store, kept).items()]
    settings = parse(as_yaml(plain), CONFIG, [*raised, *overrides])
    if settings.fingerprint != kept.fingerprint:
        allowed = ", ".join(_keys_of(settings.excluded_from_fingerprint))
        raise BadInput(
            f"{' '.join(override.partition('=')[0] for override in overrides)} would change the records. A resumed run "
            f"takes only what does not: {allowed}, where and how fast its engine runs"
            f"{', and more of ' * bool(settings.effort)}{', '.join(settings.effort)}."
        )
    return settings


def check_survey(store: Store, survey: Survey) -> None:
    """Raise `BadInput` when the source or the prompt was another at an earlier attempt."""
    before = survey_of(store)
    if before is None:
        return
    if before.digest != survey.digest:
        # Which is as old as the change in how boxes are read.
        reads_otherwise = before.renamed is None
        raise BadInput(
            f"the source of {store.url} has changed since the run began: {before.questions} questions then, "
            f"{survey.questions} now{', others' * (before.questions == survey.questions)}. "
            "Restore it, or start a new run.dir."
            + " Unless it is as it was: this version of the factory reads some gold answers otherwise, such as two "
            "boxes that state one answer; the version that began the run can finish it." * reads_otherwise
        )
    if before.prompt_id != survey.prompt_id:
        raise BadInput(
            f"the prompt template of {store.url} has changed since the run began: its id was {before.prompt_id}, "
            f"now it is {survey.prompt_id}. Restore the file, or start a new run.dir."
        )
    now = survey.prompt_files or {}
    for key, was in (before.prompt_files or {}).items():
        if now.get(key) != was:
            raise BadInput(
                f"the prompt file of {key} has changed since the run of {store.url} began: its hash was {was}, now it "
                f"is {now.get(key)}. Restore the file, or start a new run.dir."
            )


def keep_survey(store: Store, survey: Survey) -> None:
    """Keep the counts of the source. From here on the folder belongs to its config."""
    # These may be many, and they are kept elsewhere or found anew.
    kept = {name: value for name, value in vars(survey).items() if name not in ("bad_questions", "rows")}
    if not survey.unit_most:
        del kept["unit_most"]
    store.replace(SURVEY, _encoded(kept))


def read_survey(store: Store) -> Survey:
    """Return the counts of the source. Raises `BadInput` where no attempt got to its first unit."""
    survey = survey_of(store)
    if survey is None:
        raise BadInput(f"{store.url} holds no {SURVEY}: the run never got to its first unit. Use `factory run`.")
    return survey


def survey_of(store: Store) -> Survey | None:
    """Return the survey of an earlier attempt; None before the first."""
    kept = _kept(store, SURVEY)
    if kept is None:
        return None
    try:
        # Before there was the count of `renamed`, an id that came with another text was a double, and so it stays.
        return Survey(**{"renamed": None, "prompt_files": None, **kept})
    except TypeError as error:
        raise _damaged(store, SURVEY, str(error)) from None


def new_survey(settings: Settings, store: Store) -> Survey:
    """Return an empty survey that deals with ids as the run's earlier attempts did, or the run that it is part of."""
    before = survey_of(store)
    if before is None and settings.run.part_of:
        before = survey_of(open_store(settings.run.part_of, settings.storage))
    return Survey(renamed=None if before is not None and before.renamed is None else 0)


def stats_are(store: Store, stats: Mapping[str, object]) -> bool:
    """Return whether the kept stats say what `stats` does: an attempt may have died before it wrote them.

    A key that they lack, as those of an earlier version do, is one of which there was nothing.
    """
    try:
        kept = json.loads(store.read(STATS))
    except (FileNotFoundError, ValueError):
        return False
    return all(kept[key] == value if key in kept else not value for key, value in stats.items() if key != "seconds")


def write_stats(store: Store, stats: dict[str, object]) -> None:
    """Overwrite `stats.json`."""
    store.replace(STATS, _encoded(stats))


def _reads_questions(settings: Settings) -> bool:
    """Return whether the pipeline asks a model, and so counts its source before it begins."""
    return settings.definition.asks_a_model


def _config_of(store: Store) -> Settings | None:
    """Return the config kept in the folder; None where there is none."""
    text = config_text(store)
    if text is None:
        return None
    name = f"{store.url}/{CONFIG}"
    try:
        return parse(text, name)
    except BadInput as error:
        raise BadInput(str(error) if str(error).startswith(name) else f"{name}: {error}") from None


def config_text(store: Store) -> str | None:
    """Return the text of the config kept in a folder; None where there is none. Raises `BadInput` for bytes of none."""
    try:
        return store.read(CONFIG).decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise _damaged(store, CONFIG, str(error)) from None


def _kept(store: Store, name: str) -> dict[str, Any] | None:
    """Return the values in a JSON object of a run; None where there is none. Raises `BadInput` for a damaged one."""
    try:
        values = json.loads(store.read(name))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(store, name, str(error)) from None
    if not isinstance(values, dict):
        raise _damaged(store, name, "it holds no keys and values")
    return values


def _damaged(store: Store, name: str, why: str) -> BadInput:
    return BadInput(f"{store.url}/{name} is damaged ({why}). Expected it as the run has written it; restore it.")


def _encoded(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def _keys_of(excluded: Sequence[str]) -> list[str]:
    return [name if "." in name else f"{name}.*" for name in excluded]


def _difference(theirs: Settings, ours: Settings) -> str:
    """Return the first key that differs between two configs, with both values."""
    there, here = _by_key(theirs.plain), _by_key(ours.plain)
    ignored = tuple(f"{name}." for name in ours.undecisive)
    for key in [*here, *there]:
        if here.get(key) != there.get(key) and not f"{key}.".startswith(ignored):
            return f"{key} is {there.get(key)!r} there, {here.get(key)!r} here"
    return "they differ"


def _by_key(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a nested config by their keys as a user writes them: `checker.policy.case`."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _by_key(value, f"{prefix}{key}.") if isinstance(value, Mapping) and value else {f"{prefix}{key}": value}
    return flat
