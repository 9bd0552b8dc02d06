"""Config files: YAML plus `a.b=c` overrides, checked against dataclasses before anything starts.

An unknown key, a wrong type or a missing value is `BadInput`: one line that names the key, what was expected and the
nearest valid name. What a section may hold is its dataclass; a plug-in section's is the plug-in's own `Config`.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from factory.errors import BadInput
from factory.plugins import suggest

T = TypeVar("T")


def read_yaml(path: Path, overrides: Sequence[str] = (), switches: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The plain nested mapping of a YAML file, as `parse_yaml` reads its text. Raises `BadInput`."""
    if not path.is_file():
        raise BadInput(f"no config file at {path}. Expected a YAML file; see the ones in pipelines/.")
    try:
        text = path.read_text(encoding="utf-8")
    except (ValueError, OSError) as error:
        raise BadInput(f"{path} cannot be read: {one_line(error)}") from None
    return parse_yaml(text, str(path), overrides, switches)


def parse_yaml(
    text: str, name: str, overrides: Sequence[str] = (), switches: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The plain nested mapping of YAML called `name`, with dotted overrides applied. Raises `BadInput`.

    `switches` maps a section to the key that decides what else it may hold: an override that changes that key drops
    the file's other values of the section, which were meant for another plug-in.
    """
    for override in overrides:
        if "=" not in override or override.startswith("="):
            raise BadInput(f"override {_shown(override)!r} is not of the form section.key=value.")
    try:
        loaded = OmegaConf.load(io.StringIO(text))
        if not isinstance(loaded, DictConfig):
            raise BadInput(f"{name} holds no mapping at its top level. Expected sections such as source, engine.")
        changes = OmegaConf.from_dotlist(list(overrides))
        for section, key in (switches or {}).items():
            wanted = OmegaConf.select(changes, f"{section}.{key}")
            if wanted is not None and wanted != OmegaConf.select(loaded, f"{section}.{key}"):
                loaded.pop(section, None)
        merged = OmegaConf.merge(loaded, changes)
        plain = OmegaConf.to_container(merged, resolve=True)
    except OmegaConfBaseException as error:
        raise BadInput(f"{name}: {one_line(error)}") from None
    except (ValueError, OSError) as error:
        raise BadInput(f"{name} cannot be read: {one_line(error)}") from None
    except Exception as error:  # PyYAML's errors share no base with the above
        if type(error).__module__.startswith("yaml"):
            raise BadInput(f"{name} is no valid YAML: {one_line(error)}") from None
        raise
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def fill(schema: type[T], values: Any, where: str) -> T:
    """`schema()` with `values` filled in and typed. `where` names the section in messages."""
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise BadInput(f"{where} is no mapping. Expected one with {', '.join(field_names(schema))}.")
    refuse_unknown(values, field_names(schema), where)
    try:
        merged = OmegaConf.merge(OmegaConf.structured(schema), values)
        filled = OmegaConf.to_object(merged)
    except (OmegaConfBaseException, ValueError) as error:  # ValueError: what a Config says of itself
        full_key = getattr(error, "full_key", None)
        key = f"{where}.{full_key}" if full_key else where
        raise BadInput(f"{key}: {one_line(error)}") from None
    assert isinstance(filled, schema)
    return filled


def _shown(override: str) -> str:
    """What of an override may be repeated: a mistyped secret is still one."""
    return override if not override.startswith("storage") else "storage…"


def refuse_unknown(values: dict[str, Any], valid: Sequence[str], where: str) -> None:
    for key in values:
        if key not in valid:
            name = f"{where}.{key}" if where else str(key)
            raise BadInput(f"unknown config key {name!r}. {suggest(str(key), sorted(valid))}")


def field_names(schema: type) -> list[str]:
    return [field.name for field in fields(schema)]


def fingerprint(values: dict[str, Any]) -> str:
    """A hash of plain config values, independent of the order they were written in."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:16]


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:500]
