"""Lock files hold each package once: the cluster's has what the other lacks."""

from __future__ import annotations

from tools.lock import CLUSTER_LOCK, LOCK, cluster_lock_text, lock_text


def test_the_clusters_lock_has_what_the_other_lacks() -> None:
    locked = lock_text({"ray": "2.60.0", "torchvision": "0.1"})
    written = cluster_lock_text({"ray": "2.60.0", "smart-open": "7.0", "colorful": "0.5"}, locked)
    assert written.splitlines()[2:] == ["colorful==0.5", "smart-open==7.0"]


def test_no_package_is_in_both_locks() -> None:
    names = [line.partition("==")[0] for path in (LOCK, CLUSTER_LOCK) for line in path.read_text().splitlines()]
    packages = [name for name in names if not name.startswith("#")]
    assert len(packages) == len(set(packages)) > 100
