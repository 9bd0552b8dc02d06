"""Validators of the files in `cluster/files`: KubeRay's own schemas, Ray's own launcher check, hadolint, shellcheck."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).parents[3]
FILES = ROOT / "cluster/files"
SCHEMAS = ROOT / "tests/data/crds"


class _Strict(yaml.SafeLoader):
    """Loader that refuses a key twice, as `kubectl apply` does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping; raises where two of its keys are equal."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(None, None, f"a key twice among {keys}", node.start_mark)
        return super().construct_mapping(node, deep)


def documents(text: str) -> list[dict[str, Any]]:
    """Return the documents of a YAML text. Raises `yaml.YAMLError`, also for a key that is there twice."""
    return list(yaml.load_all(text, _Strict))


@lru_cache
def schema_of(kind: str) -> dict[str, Any]:
    """Return KubeRay's schema of RayCluster or RayJob, closed: a field that it does not know is wrong."""
    schema: dict[str, Any] = json.loads(gzip.decompress((SCHEMAS / f"{kind}.v1.json.gz").read_bytes()))
    return _closed(schema)


def pod_schema() -> dict[str, Any]:
    """Return the schema of a pod's template, as RayCluster holds it."""
    head = schema_of("RayCluster")["properties"]["spec"]["properties"]["headGroupSpec"]
    template: dict[str, Any] = head["properties"]["template"]
    return template


def manifest_problems(manifest: dict[str, Any]) -> list[str]:
    """Return what is wrong with a RayCluster or RayJob, or with the pods of a Deployment; [] where all is right."""
    schema = pod_schema() if manifest["kind"] == "Deployment" else schema_of(manifest["kind"])
    value = manifest["spec"]["template"] if manifest["kind"] == "Deployment" else manifest
    return [f"{one.json_path}: {one.message}" for one in jsonschema.Draft7Validator(schema).iter_errors(value)]


def launcher_problem(text: str) -> str:
    """Return what Ray says of a file for its cluster launcher; "" where all is right."""
    try:
        validate_config(prepare_config(copy.deepcopy(yaml.load(text, _Strict))))
    except (jsonschema.ValidationError, ValueError, KeyError, AssertionError) as error:
        return str(error) or type(error).__name__
    return ""


def said_by(program: str, path: Path) -> str:
    """Return what hadolint or shellcheck finds fault with in a file; "" where all is right."""
    words = [str(Path(sys.executable).parent / program), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert bool(done.returncode) == bool(done.stdout), (done.returncode, done.stdout, done.stderr)
    return done.stdout


def _closed(schema: Any) -> Any:
    """Return a schema whose objects have no fields but the named ones, where it does not allow others itself."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    return closed
