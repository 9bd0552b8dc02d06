"""Config fields that are younger than runs which are still to be resumed.

A run, its units, the checker of its records and the checkpoints of a training are known by hashes of the whole config.
A field that comes later is marked, so that it counts only where somebody sets it:

    cut_off_box: str = field(default="reject", metadata=ADDED)

With its default a config means what it meant before the field was there, and its hashes stay. A plug-in of somebody
else may write `metadata={"added": True}`. The default of a marked field can never change.

A default that takes the place of another is marked with that one, and counts as it:

    probes_per_round: int | str = field(default="auto", metadata=in_place_of(1))

So a config that does not set the field has the hashes it always had, and both values are the same run: use it only
where either makes records that the other could have made. `factory resume` goes on with the value that the folder
holds, `factory run` with what its config means now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import MappingProxyType
from typing import Any

ADDED: Mapping[str, bool] = MappingProxyType({"added": True})


def in_place_of(former: Any) -> Mapping[str, Any]:
    """Return the mark of a field whose default was `former` once."""
    return MappingProxyType({"former": former})


def values_to_hash(value: Any) -> Any:
    """Return a config as plain values, as `asdict` does, without its marked fields that have their default.

    `value` is an instance of a config dataclass, or what its fields hold: other dataclasses, lists, mappings, scalars.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: values_to_hash(_hashed(field, getattr(value, field.name)))
            for field in fields(value)
            if not (field.metadata.get("added") and _has_default(field, getattr(value, field.name)))
        }
    if isinstance(value, Mapping):
        return {key: values_to_hash(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [values_to_hash(inner) for inner in value]
    return value


def _hashed(field: Field[Any], value: Any) -> Any:
    """Return what counts as the value of a field: the former default in place of the present one."""
    return field.metadata["former"] if "former" in field.metadata and _has_default(field, value) else value


def _has_default(field: Field[Any], value: Any) -> bool:
    """Return whether a field holds its default, as far as a hash of the config could tell."""
    if field.default is MISSING and field.default_factory is MISSING:
        return False
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return _text(value) == _text(default)


def _text(value: Any) -> str:
    return json.dumps(values_to_hash(value), sort_keys=True, default=str)
