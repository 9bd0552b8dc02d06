"""Push of an exported folder to the Hub: files are uploaded, then one commit, then the tag. Repeating is safe.

A branch holds an earlier export or this one, never some of both, whenever a push is killed. What was uploaded and not
yet committed is not uploaded twice: the Hub knows it by its hash. Every commit is planned from what the branch holds at
that moment (`pipelines/hub/push_plan.py`) and names it as its parent, so that nobody else's is overwritten unseen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete

from factory.errors import BadInput
from factory.export.file_names import CARD, CONTAMINATION_REPORTS, MANIFEST, PLOT
from factory.interfaces import Say
from factory.storage.digests import sha256_of
from factory.storage.opening import open_store
from pipelines.dataset_card.card import card_of, settled_card
from pipelines.dataset_card.exported_folder import LocalFile, data_files, read_manifest
from pipelines.dataset_card.public_manifest import published
from pipelines.hub.calls import Hub, HubPatience, bounded
from pipelines.hub.dataset import KIND, MAIN, HubDataset
from pipelines.hub.push_plan import Held, PushPlan, batches, check_replaced, planned

_REF = re.compile(r"(?!.*(\.\.|//|/\.|\.lock(/|$)|@\{))[A-Za-z0-9_][A-Za-z0-9._/+@-]*(?<![./])")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """Options of a push.

    * `private`: of a new data set; None means private, but takes one that is there as it is.
    * `revision`: branch to push to. `create_pr`: propose the changes to `main` as a pull request instead.
    * `tag`: name for the commit, which marks these very files.
    * `licence`, `licence_name`, `licence_link`, `languages`: what the owner says, for the card.
    * `replace`: take away what an export of other configs, or somebody else, put there.
    * `replace_card`: also a card on the Hub that somebody wrote or edited.
    * `with_report`: also push the report on benchmarks, which holds the benchmarks' questions.
    """

    private: bool | None = None
    revision: str = MAIN
    create_pr: bool = False
    tag: str | None = None
    licence: str | None = None
    licence_name: str | None = None
    licence_link: str | None = None
    languages: tuple[str, ...] = ()
    replace: bool = False
    replace_card: bool = False
    with_report: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Result of a push.

    * `url`: where to look. `commit`: the branch's newest.
    * `files`, `n_bytes`: how much was new. `removed`: old files taken away.
    * `private`: who may see the data set.
    """

    url: str
    commit: str
    files: int
    n_bytes: int
    removed: int
    private: bool


def push(
    out: str | Path,
    repo_id: str,
    options: PushOptions | None = None,
    *,
    say: Say = print,
    patience: HubPatience | None = None,
    endpoint: str | None = None,
) -> Pushed:
    """Make a branch of a data set hold what an exported folder holds; a new data set is made private.

    Args:
      out: folder made by `factory export`, local.
      repo_id: data set, NAMESPACE/NAME.
      options: branch, tag, card and what may be replaced.
      say: hears of progress.
      patience: limits of waiting for the Hub.
      endpoint: URL of the Hub; the public one if not given.

    Raises:
      BadInput: something that only the user can mend.
      StorageFailed: the Hub stays away.
    """
    options = options or PushOptions()
    _check(options, str(out))
    hub = Hub(repo_id, say=say, patience=patience, endpoint=endpoint)
    files, configs, title = _files(Path(out), options, say)
    with bounded(hub.patience):
        return _Pusher(hub, options, files, configs, title).run()


def _check(options: PushOptions, out: str) -> None:
    """Raise `BadInput` for options that contradict each other, and for a folder that is not local."""
    if "://" in out or out.startswith("s3:"):
        raise BadInput(
            f"OUT is {out}. Expected a local folder: copy it here first, such as by `aws s3 sync s3://BUCKET/OUT OUT`."
        )
    if options.create_pr and options.revision != MAIN:
        raise BadInput(f"--create-pr asks for changes to {MAIN}, not to {options.revision}. Leave one of the two out.")
    if options.create_pr and options.tag:
        raise BadInput("--tag marks what was merged, and --create-pr only proposes it. Tag after the merge.")
    for option, name in (("--tag", options.tag), ("--revision", options.revision)):
        if name is not None and not _REF.fullmatch(name):
            raise BadInput(f"{option} is {name!r}. Expected a name that git takes, such as v1.0.")


def _files(out: Path, options: PushOptions, say: Say) -> tuple[list[LocalFile], Sequence[str], str]:
    """Return what the branch is to hold, the configs in it, and the title of the commit."""
    manifest = read_manifest(open_store(out))
    data = data_files(out, manifest)
    # The card is settled before it is read: what the owner says now has to stand in it.
    settled_card(
        out,
        options.licence,
        licence_name=options.licence_name,
        licence_link=options.licence_link,
        languages=options.languages,
    )
    card = (out / CARD).read_bytes()
    if not card_of(card.decode(), str(out / CARD)).data.get("language"):
        say("the card names no language; say it: --language en")
    beside = [
        name for name in (PLOT, *(CONTAMINATION_REPORTS if options.with_report else ())) if (out / name).is_file()
    ]
    small = {name: (out / name).read_bytes() for name in beside}
    small |= {MANIFEST: published(manifest, beside), CARD: card}
    files = [*data, *(LocalFile.of(name, content) for name, content in small.items())]
    return files, list(manifest["configs"]), f"Export {manifest['digest'][:16]}"


class _Pusher:
    """Steps of one push."""

    def __init__(
        self, hub: Hub, options: PushOptions, files: list[LocalFile], configs: Sequence[str], title: str
    ) -> None:
        """Prepare a push of `files`, which hold `configs`, under the commit title `title`."""
        self._hub, self._options, self._files, self._configs, self._title = hub, options, files, configs, title
        self._there = HubDataset(api=hub.api, name=hub.repo_id, say=hub.say)
        self._operations: dict[str, CommitOperationAdd] = {}
        self._taken: set[str] = set()

    def run(self) -> Pushed:
        """Push, and return what was done."""
        private = self._hub("open the data set", lambda: self._there.opened(self._options.private))
        # See what is to be done, and what may not be replaced, before anything is sent.
        branch, _, plan = self._hub("look at the data set", self._look)
        if plan.keeps_card:
            self._hub.say(f"{CARD} there was written or edited by somebody: it stays, unless --replace-card")
        is_tagged = self._hub("look at the tag", self._is_tagged)
        # Upload, commit until nothing is missing, tag.
        if plan:
            self._prepare(plan, branch)
        while (commit := self._hub("push", self._step)) is None:
            pass
        if self._options.tag and not is_tagged:
            self._hub("tag", lambda: self._tag(commit))
        return Pushed(
            url=self._there.url(self._hub("find the branch", self._branch)),
            commit=commit,
            files=len(plan.add),
            n_bytes=sum(file.size for file in plan.add),
            removed=len(plan.delete),
            private=private,
        )

    def _look(self) -> tuple[str, Held, PushPlan]:
        """Return where commits go, what is there, and what is to be done.

        Raises `BadInput` for what may not be replaced.
        """
        branch = self._branch()
        # A branch that is not there yet will be made from main, and hold what that does.
        there = branch if branch == MAIN or self._there.has_branch(branch) else MAIN
        held = self._there.held(there)
        plan = planned(self._files, held, replace_card=self._options.replace_card)
        if not self._options.replace:
            check_replaced(plan, held, self._configs, f"{there} of {self._hub.repo_id}")
        return branch, held, plan

    def _branch(self) -> str:
        """Return the branch that commits go to.

        A pull request is known by its title, so that a repeated push goes on with it.
        """
        proposed = self._there.pull_request(self._title) if self._options.create_pr else None
        return proposed or self._options.revision

    def _is_tagged(self) -> bool:
        """Return True where the tag marks these very files. Raises `BadInput` where it marks others."""
        tag = self._options.tag
        if tag is None or not self._there.has_tag(tag):
            return False
        if planned(self._files, self._there.held(tag), replace_card=self._options.replace_card):
            raise BadInput(
                f"tag {tag} of {self._hub.repo_id} marks other data. Choose another tag, or delete that one."
            )
        return True

    def _prepare(self, plan: PushPlan, branch: str) -> None:
        """Check whatever can be refused before anything is sent, then upload all files in batches."""
        for card in [file.content for file in plan.add if file.name == CARD and isinstance(file.content, bytes)]:
            if faults := self._hub("check the card", partial(self._there.card_faults, card)):
                raise BadInput(f"the Hub refuses the card: {'; '.join(faults)}. Mend {CARD}.")
        size, sent = sum(file.size for file in plan.add), 0
        self._hub.say(f"{len(plan.add)} files to push, {size / 1e6:,.1f} MB; {len(plan.delete)} old ones to remove")
        for file in plan.add:
            _check_whole(file)
        if branch != MAIN and not self._hub("find the branch", lambda: self._there.has_branch(branch)):
            self._hub("make the branch", lambda: self._there.make_branch(branch))
            self._hub.say(f"made branch {branch} from {MAIN}")
        for batch in batches(plan.add):
            self._hub("push", partial(self._upload, batch, branch))
            sent += sum(file.size for file in batch)
            self._hub.say(f"uploaded {sent / 1e6:,.1f} of {size / 1e6:,.1f} MB")

    def _upload(self, files: Sequence[LocalFile], branch: str) -> None:
        """Upload files; they belong to no commit yet."""
        self._hub.api.preupload_lfs_files(
            self._hub.repo_id,
            [self._operation(file) for file in files],
            repo_type=KIND,
            revision=branch,
            create_pr=self._proposes(branch),
            free_memory=False,
        )

    def _step(self) -> str | None:
        """Commit what is missing; return the branch's newest commit where nothing is."""
        branch, held, plan = self._look()
        if not plan:
            return held.commit
        # A file that was committed and is not there is ignored by the Hub; to go on would never end.
        if again := self._taken & {file.name for file in plan.add}:
            raise BadInput(
                f"the Hub took {min(again)}, but {branch} of {self._hub.repo_id} does not hold it as it is here. Look "
                "into the .gitignore there; where somebody else pushes at the same time, repeat the command afterwards."
            )
        self._hub.api.create_commit(
            self._hub.repo_id,
            [
                *(self._operation(file) for file in plan.add),
                *(CommitOperationDelete(path_in_repo=name, is_folder=False) for name in plan.delete),
            ],
            commit_message=self._title,
            repo_type=KIND,
            revision=branch,
            create_pr=self._proposes(branch),
            # The Hub refuses the commit where the branch has moved since it was looked at.
            parent_commit=held.commit,
        )
        self._taken |= {file.name for file in plan.add}
        return None

    def _proposes(self, branch: str) -> bool:
        """Return True where a commit opens a pull request."""
        return self._options.create_pr and branch == MAIN

    def _operation(self, file: LocalFile) -> CommitOperationAdd:
        """Return the operation that adds a file, the same for the upload and the commit.

        It knows what was uploaded, and its hash need not be computed again.
        """
        if file.name not in self._operations:
            operation = CommitOperationAdd(path_in_repo=file.name, path_or_fileobj=file.content)
            operation.upload_info.sha256 = bytes.fromhex(file.sha256)
            self._operations[file.name] = operation
        return self._operations[file.name]

    def _tag(self, commit: str) -> None:
        """Mark a commit."""
        tag = str(self._options.tag)
        self._hub.api.create_tag(self._hub.repo_id, tag=tag, revision=commit, repo_type=KIND, exist_ok=True)


def _check_whole(file: LocalFile) -> None:
    """Raise `BadInput` where a file is not what the manifest says."""
    if not isinstance(file.content, Path):
        return
    try:
        sha256 = sha256_of(file.content)
    except OSError as error:
        raise BadInput(f"{file.content} cannot be read ({error.strerror or error}). Export again.") from None
    if sha256 != file.sha256:
        raise BadInput(f"{file.content} is damaged: it is not what its {MANIFEST} says. Export again.")
