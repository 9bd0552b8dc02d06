"""An exported folder to a data set on the Hub: data first, card last, then the tag. Repeating it is always safe.

Every commit is planned from what the branch holds at that moment (`pipelines/push_plan.py`), so a push that was
killed, or that did not hear the answer to a commit, goes on by looking again. What was uploaded and not yet committed
is not uploaded twice: the Hub knows it by its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.utils.sha import git_hash

from actors.files import sha256_of
from factory.errors import BadInput
from factory.types import content_id
from pipelines.card import settled_card
from pipelines.exported_folder import MANIFEST, LocalFile, data_files, files_beside, read_manifest
from pipelines.hub import Hub, Patience, Say, bounded
from pipelines.hub_dataset import KIND, MAIN, HubDataset
from pipelines.push_plan import RemoteFile, Step, next_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What is asked for. `private`: of a new data set; None means private, but takes one that is there as it is."""

    private: bool | None = None
    revision: str = MAIN
    create_pr: bool = False
    tag: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push did. `url` is where to look; `commit` the branch's newest."""

    url: str
    commit: str
    commits: int
    files: int
    n_bytes: int
    removed: int
    private: bool


def push(
    out: str | Path,
    repo_id: str,
    wish: Push | None = None,
    *,
    say: Say = print,
    patience: Patience | None = None,
    endpoint: str | None = None,
) -> Pushed:
    """Make a branch of data set `repo_id` hold what the exported folder `out` holds; a new one is made private.

    Raises `BadInput` for what only the user can mend, `StorageFailed` where the Hub stays away.
    """
    wish = wish or Push()
    _check(wish, str(out))
    out = Path(out)
    data = data_files(out, read_manifest(out))
    hub = Hub(repo_id, say=say, patience=patience, endpoint=endpoint)
    settled_card(out, wish.licence)
    with bounded(hub.patience):
        return _Pusher(hub, wish, out, data).run()


def _check(wish: Push, out: str) -> None:
    if "://" in out or out.startswith("s3:"):
        raise BadInput(f"OUT is {out}. Expected a local folder: export to one, or copy it there first.")
    if wish.create_pr and wish.revision != MAIN:
        raise BadInput(f"--create-pr asks for changes to {MAIN}, not to {wish.revision}. Leave one of the two out.")
    if wish.create_pr and wish.tag:
        raise BadInput("--tag marks what was merged, and --create-pr only proposes it. Tag after the merge.")


class _Pusher:
    def __init__(self, hub: Hub, wish: Push, out: Path, data: list[LocalFile]) -> None:
        self._hub, self._wish = hub, wish
        self._there = HubDataset(api=hub.api, name=hub.repo_id, say=hub.say)
        self._data, self._beside = data, files_beside(out)
        self._title = f"Export {content_id((out / MANIFEST).read_text(encoding='utf-8'))}"
        self._hashes: dict[str, str] = {}
        self._sent: list[LocalFile] = []
        self._commits = self._removed = 0

    def run(self) -> Pushed:
        private = self._hub("open the data set", lambda: self._there.opened(self._wish.private))
        if self._wish.revision != MAIN:
            self._hub("find the branch", lambda: self._there.check_branch(self._wish.revision))
        while self._hub("push", self._step):
            pass
        branch = self._hub("find the branch", self._branch)
        commit = self._hub("find the branch", lambda: self._there.head(branch))
        if tag := self._wish.tag:
            self._hub("tag", lambda: self._tag(tag, commit))
        return Pushed(
            url=self._there.url(branch),
            commit=commit,
            commits=self._commits,
            files=len(self._sent),
            n_bytes=sum(file.size for file in self._sent),
            removed=self._removed,
            private=private,
        )

    def _branch(self) -> str:
        """Where commits go. A pull request is known by its title, so that a repeated push goes on with it."""
        proposed = self._there.pull_request(self._title) if self._wish.create_pr else None
        return proposed or self._wish.revision

    def _step(self) -> bool:
        """One commit of what is missing; False where nothing is."""
        branch = self._branch()
        there = self._there.files(branch)
        step = next_step(self._data, self._beside, there, self._same)
        if step is None:
            return False
        if again := {file.name for file in self._sent} & {file.name for file in step.add}:
            raise BadInput(
                f"the Hub took {min(again)}, but {branch} of {self._hub.repo_id} does not hold it as it is here. Look "
                "into the .gitignore there; where somebody else pushes at the same time, repeat the command afterwards."
            )
        if self._wish.tag and self._there.tagged(self._wish.tag):
            raise BadInput(
                f"tag {self._wish.tag} of {self._hub.repo_id} marks other data. Choose another tag, or delete that one."
            )
        self._tell(there, step)
        self._commit(step, branch)
        return True

    def _commit(self, step: Step, branch: str) -> None:
        adds = [CommitOperationAdd(path_in_repo=file.name, path_or_fileobj=file.path) for file in step.add]
        deletes = [CommitOperationDelete(path_in_repo=name, is_folder=False) for name in step.delete]
        proposes = self._wish.create_pr and branch == MAIN
        part = "card" if step.last else f"{len(step.add)} data files"
        self._hub.api.create_commit(
            self._hub.repo_id,
            [*adds, *deletes],
            commit_message=self._title if proposes else f"{self._title}: {part}",
            repo_type=KIND,
            revision=branch,
            create_pr=proposes,
        )
        for add in adds:
            if add.upload_info.is_hashed:
                self._hashes[add.path_in_repo] = add.upload_info.sha256.hex()
        self._sent += step.add
        self._commits += 1
        self._removed += len(step.delete)

    def _same(self, file: LocalFile, remote: RemoteFile) -> bool:
        if file.size != remote.size:
            return False
        if remote.sha256 is None:
            return git_hash(file.path.read_bytes()) == remote.blob
        if file.name not in self._hashes:
            self._hashes[file.name] = sha256_of(file.path)
        return self._hashes[file.name] == remote.sha256

    def _tag(self, tag: str, commit: str) -> None:
        marks = self._there.tagged(tag)
        if marks is None:
            self._hub.api.create_tag(self._hub.repo_id, tag=tag, revision=commit, repo_type=KIND)
        elif marks != commit:
            raise BadInput(
                f"tag {tag} of {self._hub.repo_id} marks {marks[:8]}, the data are {commit[:8]}. Choose another tag, "
                "or delete that one."
            )

    def _tell(self, there: Mapping[str, RemoteFile], step: Step) -> None:
        if step.last:
            self._hub.say(f"card and what lies beside the data; {len(step.delete)} old files to remove")
            return
        waiting = {file.name for file in self._data if file.name not in there} | {file.name for file in step.add}
        size, left = (sum(file.size for file in files) for files in (self._data, self._named(waiting)))
        self._hub.say(
            f"data: {len(self._data) - len(waiting)} of {len(self._data)} files there, "
            f"{(size - left) / 1e6:,.1f} of {size / 1e6:,.1f} MB; pushing {len(step.add)}"
        )

    def _named(self, names: set[str]) -> list[LocalFile]:
        return [file for file in self._data if file.name in names]
