"""Storage of the Hub's stub: repositories in memory, with commits, branches, tags and large files apart from git."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

LARGE = (".parquet", ".png", ".jsonl")


@dataclass
class Blob:
    """Content of a file; `large` is True for one that is stored apart from git."""

    data: bytes
    large: bool

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content, in hex."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def pointer(self) -> bytes:
        """Git LFS pointer that stands for a large file in git."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.data)}\n".encode()

    @cached_property
    def oid(self) -> str:
        """Git's id of the file, or of its pointer."""
        content = self.pointer if self.large else self.data
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def facts(self, path: str) -> dict[str, Any]:
        """Return the entry of the file in a listing."""
        facts = {"type": "file", "path": path, "size": len(self.data), "oid": self.oid}
        if self.large:
            facts["lfs"] = {"oid": self.sha256, "size": len(self.data), "pointerSize": len(self.pointer)}
        return facts


Tree = dict[str, Blob]


@dataclass
class Repo:
    """Repository: trees by commit id, and commit ids by branch, tag and pull request."""

    private: bool
    commits: dict[str, Tree] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    pulls: dict[str, str] = field(default_factory=dict)  # refs/pr/N -> title
    closed: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def commit(self, branch: str, parent: str, tree: Tree, title: str) -> str:
        """Commit `tree` to a branch; return the commit id, which depends only on parent, title and content."""
        named = json.dumps([parent, title, sorted((path, blob.sha256) for path, blob in tree.items())])
        sha = hashlib.sha1(named.encode()).hexdigest()
        self.commits[sha] = tree
        self.branches[branch] = sha
        self.log.append(title)
        return sha

    def sha(self, revision: str) -> str:
        """Return the commit id of a branch, a tag or an id; refuses unknown ones."""
        commit = self.branches.get(revision) or self.tags.get(revision) or revision
        if commit not in self.commits:
            raise Refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def files(self, revision: str = "main") -> dict[str, str]:
        """Return the SHA-256 of every file, by path."""
        return {path: blob.sha256 for path, blob in self.commits[self.sha(revision)].items()}


class Refusal(Exception):
    """Refusal by the Hub: HTTP status, its code for huggingface_hub, and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def listing(tree: Tree, folder: str, recursive: bool) -> list[dict[str, Any]]:
    """Return the files and folders below `folder`, or only those directly in it."""
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    entries: dict[str, dict[str, Any]] = {}
    for path, blob in tree.items():
        if not path.startswith(prefix):
            continue
        inner = path[len(prefix) :].split("/")
        for depth in range(1, len(inner) if recursive else min(2, len(inner))):
            name = prefix + "/".join(inner[:depth])
            entries[name] = {
                "type": "directory",
                "path": name,
                "size": 0,
                "oid": hashlib.sha1(name.encode()).hexdigest(),
            }
        if recursive or len(inner) == 1:
            entries[path] = blob.facts(path)
    if prefix and not entries:
        raise Refusal(404, "EntryNotFound", f"{folder} does not exist")
    return list(entries.values())


def mode_of(repo: Repo, revision: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return how the client has to upload a file, and the id of the one that is there."""
    there = repo.commits[repo.sha(revision)].get(asked["path"])
    oid = (there.sha256 if there.large else there.oid) if there else None
    mode = "lfs" if asked["path"].endswith(LARGE) else "regular"
    return {"path": asked["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid}


def apply(tree: Tree, key: str, value: dict[str, Any], large: dict[str, bytes]) -> None:
    """Apply one operation of a commit to `tree`; `large` holds the uploaded large files by hash."""
    path = value["path"]
    if key == "file":
        tree[path] = Blob(base64.b64decode(value["content"]), large=False)
    elif key == "lfsFile":
        if value["oid"] not in large:
            raise Refusal(400, "", f"LFS pointer pointed to a file that does not exist: {path}")
        tree[path] = Blob(large[value["oid"]], large=True)
    elif key == "deletedFile":
        if tree.pop(path, None) is None:
            raise Refusal(404, "EntryNotFound", f"A file with this name doesn't exist: {path}")
    else:
        raise Refusal(400, "", f"unknown operation {key}")


def ref_of(kind: str, name: str, sha: str) -> dict[str, str]:
    """Return the description of a branch or a tag."""
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha}


def pull_of(name: str, ref: str, title: str, is_open: bool) -> dict[str, Any]:
    """Return the description of a pull request."""
    return {
        "title": title,
        "num": int(ref.rpartition("/")[2]),
        "author": {"name": "me"},
        "createdAt": "2026-01-01T00:00:00.000Z",
        "status": "open" if is_open else "closed",
        "repo": {"name": name, "type": "dataset"},
        "isPullRequest": True,
    }
