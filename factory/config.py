"""Config files: YAML plus `a.b=c` overrides, checked against dataclasses before anything starts.

An unknown key, a wrong type or a missing value raises `BadInput`: one line that names the key, what was expected and
the nearest valid name. A dataclass says which keys a section may hold; for a plug-in it is the plug-in's `Config`.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from factory.errors import BadInput
from factory.plugins import suggest

T = TypeVar("T")

# An interpolation of OmegaConf, with the backslashes before it.
_INTERPOLATION = re.compile(r"(\\*)\$\{")


Reshape = Callable[[dict[str, Any]], dict[str, Any]]
"""Function that writes a config in another form; it gets the file and the overrides, each by itself and unresolved."""


def read_yaml(
    path: Path,
    overrides: Sequence[str] = (),
    switches: Mapping[str, str] | None = None,
    reshape: Reshape | None = None,
) -> dict[str, Any]:
    """Return the plain nested mapping of a YAML file.

    Args:
      path: file to read.
      overrides: `section.key=value`, as `parse_yaml` applies them.
      switches: section: key that decides what else the section may hold, as for `parse_yaml`.
      reshape: brings file and overrides into one form, as for `parse_yaml`.

    Raises:
      BadInput: the file is missing, cannot be read or is not valid YAML, or an override is malformed.
    """
    if not path.is_file():
        raise BadInput(f"no config file at {path}. Expected a YAML file; see the ones in pipelines/.")
    try:
        text = path.read_text(encoding="utf-8")
    except (ValueError, OSError) as error:
        raise BadInput(f"{path} cannot be read: {one_line(error)}") from None
    return parse_yaml(text, str(path), overrides, switches, reshape)


def parse_yaml(
    text: str,
    name: str,
    overrides: Sequence[str] = (),
    switches: Mapping[str, str] | None = None,
    reshape: Reshape | None = None,
) -> dict[str, Any]:
    """Return the plain nested mapping of a YAML text, with overrides applied.

    Args:
      text: YAML with a mapping at its top level.
      name: what to call the text in messages.
      overrides: `section.key=value`; the value is read as YAML.
      switches: section: key that picks its plug-in. An override that changes that key drops the section's other values,
        which were meant for another plug-in. A section within others has dots in its name.
      reshape: brings file and overrides into one form before these replace that; None leaves them as they are.

    Raises:
      BadInput: the text is not valid YAML or not a mapping, or an override is malformed.
    """
    changes = _changes(overrides)
    try:
        loaded = OmegaConf.load(io.StringIO(text))
        if not isinstance(loaded, DictConfig):
            raise BadInput(f"{name} holds no mapping at its top level. Expected sections such as source, engine.")
        if reshape is not None:
            loaded, changes = _reshaped(loaded, reshape), _reshaped(changes, reshape)
        # Drop what was meant for a plug-in that an override replaces.
        for section, key in (switches or {}).items():
            wanted = OmegaConf.select(changes, f"{section}.{key}")
            if wanted is not None and wanted != OmegaConf.select(loaded, f"{section}.{key}"):
                outer, _, last = section.rpartition(".")
                around = OmegaConf.select(loaded, outer) if outer else loaded
                if isinstance(around, DictConfig):
                    around.pop(last, None)
        merged = OmegaConf.merge(loaded, changes)
        plain = OmegaConf.to_container(merged, resolve=True)
    except OmegaConfBaseException as error:
        raise BadInput(f"{name}: {one_line(error)}") from None
    except (ValueError, OSError) as error:
        raise BadInput(f"{name} cannot be read: {one_line(error)}") from None
    except Exception as error:
        # Errors of PyYAML share no base with the ones above.
        if type(error).__module__.startswith("yaml"):
            raise BadInput(f"{name} is no valid YAML: {one_line(error)}") from None
        raise
    assert isinstance(plain, dict)
    _refuse_half_characters(plain, name)
    return {str(key): value for key, value in plain.items()}


def _reshaped(config: DictConfig, reshape: Reshape) -> DictConfig:
    """Return a config in another form, interpolations as they are."""
    plain = OmegaConf.to_container(config, resolve=False)
    assert isinstance(plain, dict)
    shaped = reshape({str(key): value for key, value in plain.items()})
    # What stays as it was keeps what OmegaConf knows of it.
    return config if shaped == plain else OmegaConf.create(shaped)


def _changes(overrides: Sequence[str]) -> DictConfig:
    """Return what the overrides set. Raises `BadInput` that names the one which is malformed."""
    for override in overrides:
        # Without "=" it would set its key to null, silently.
        if "=" not in override or override.startswith("="):
            raise BadInput(f"override {_shown(override)!r} is not of the form section.key=value.")
        try:
            OmegaConf.from_dotlist([override])
        except (OmegaConfBaseException, ValueError) as error:
            raise BadInput(f"override {_shown(override)!r}: {one_line(error)}") from None
        except Exception as error:
            if not type(error).__module__.startswith("yaml"):
                raise
            key = override.partition("=")[0]
            raise BadInput(
                f"override {_shown(override)!r}: its value is no valid YAML ({one_line(error)}); a text with such "
                f"signs needs quotes of its own, and the shell's around them: '{key}=\"...\"'"
            ) from None
    return OmegaConf.from_dotlist(list(overrides))


def _refuse_half_characters(value: Any, name: str) -> None:
    r"""Raise `BadInput` for a text that no file can hold, such as an override with a byte that is not UTF-8."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for inner in value:
            _refuse_half_characters(inner, name)
    elif isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            # The value itself may be a secret.
            raise BadInput(f"{name}: a text holds half a character; expected valid Unicode; write it anew") from None


def as_yaml(plain: Mapping[str, Any]) -> str:
    """Return YAML text that `parse_yaml` reads as just this mapping, whatever characters its texts hold."""
    return OmegaConf.to_yaml(OmegaConf.create(_literal(plain)))


def _literal(value: Any) -> Any:
    """Return `value` with every `${` in its texts escaped: they were resolved when they were read."""
    if isinstance(value, Mapping):
        return {key: _literal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_literal(inner) for inner in value]
    if isinstance(value, str) and "${" in value:
        return _INTERPOLATION.sub(lambda match: f"{match[1] * 2}\\${{", value)
    return value


def fill(schema: type[T], values: Any, where: str) -> T:
    """Return an instance of a config dataclass with the values of a section filled in and typed.

    Args:
      schema: dataclass with a default for every field.
      values: section as read from YAML; None is an empty one.
      where: name of the section in messages.

    Raises:
      BadInput: a key is unknown, a value has the wrong type, or the dataclass refuses it.
    """
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise BadInput(f"{where} is no mapping. Expected one with {', '.join(field_names(schema))}.")
    refuse_unknown(values, field_names(schema), where)
    try:
        known: Any = _structured(schema)  # type: ignore[arg-type]  # mypy: a dataclass's instances have no hash
        merged = OmegaConf.merge(known, _literal(values)) if values else known
        filled = OmegaConf.to_object(merged)
    # A Config refuses its own values by ValueError, in `__post_init__`.
    except (OmegaConfBaseException, ValueError) as error:
        full_key = getattr(error, "full_key", None)
        key = f"{where}.{full_key}" if full_key else where
        # What stands behind is where OmegaConf has it, in its own words.
        raise BadInput(f"{key}: {one_line(error).partition(' full_key: ')[0]}") from None
    assert isinstance(filled, schema)
    return filled


@cache
def _structured(schema: type) -> Any:
    """Return OmegaConf's view of a dataclass, to be read only. It is made once: a run reads some schemas often."""
    return OmegaConf.structured(schema)


def _shown(override: str) -> str:
    """Return what a message may repeat of an override: not a secret, even a mistyped one."""
    return override if not override.startswith("storage") else "storage…"


def refuse_unknown(values: dict[str, Any], valid: Sequence[str], where: str) -> None:
    """Raise `BadInput` for the first key that is not valid, with the nearest one that is.

    Args:
      values: section, or the whole config.
      valid: keys that it may hold.
      where: name of the section in messages; "" for the whole config.
    """
    for key in values:
        if key not in valid:
            name = f"{where}.{key}" if where else str(key)
            raise BadInput(f"unknown config key {name!r}. {suggest(str(key), sorted(valid))}")


def field_names(schema: type) -> list[str]:
    """Return the names of a dataclass's fields, in their order."""
    return [field.name for field in fields(schema)]


def fingerprint(values: dict[str, Any]) -> str:
    """Return a hash of plain config values, 16 hex digits, whatever the order they were written in."""
    # Records, folders and checkpoints name this hash: it must never change for the same values.
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def one_line(error: BaseException) -> str:
    """Return the message of an error in one line, at most 500 characters of it."""
    return " ".join(str(error).split())[:500]
