"""A data set on the Hub: made if need be, and what its branches, tags and pull requests hold.

Nothing here is repeated or put into words; that is `Hub`'s, around any of these calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoFile

from factory.errors import BadInput
from pipelines.hub import Say
from pipelines.push_plan import RemoteFile

MAIN, KIND = "main", "dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDataset:
    """`name` is NAMESPACE/NAME."""

    api: HfApi
    name: str
    say: Say

    def opened(self, private: bool | None) -> bool:
        """Whether it is private; one that is not there is made, private unless `private` is False.

        Who may see an existing one is never changed. Raises `BadInput` where private is wanted of a public one.
        """
        wanted = private
        try:
            is_private = bool(self.api.dataset_info(self.name).private)
        except RepositoryNotFoundError:
            wanted = private is not False
            self.api.create_repo(self.name, repo_type=KIND, private=wanted, exist_ok=True)
            is_private = bool(self.api.dataset_info(self.name).private)
            self.say(f"made {self.name}, {_seen(is_private)}")
        if wanted and not is_private:
            raise BadInput(f"{self.name} is public, private was wanted. Make it private in its settings there first.")
        if private is False and is_private:
            self.say(f"{self.name} stays private: it was there; change that in its settings on the Hub")
        elif not is_private:
            self.say(f"{self.name} is public: everybody can read what is pushed")
        return is_private

    def check_branch(self, branch: str) -> None:
        """Raises `BadInput` where there is no such branch."""
        try:
            self.head(branch)
        except RevisionNotFoundError:
            raise BadInput(
                f"{self.name} has no branch {branch}. Make it first: "
                f"hf repos branch create {self.name} {branch} --type dataset"
            ) from None

    def head(self, revision: str) -> str:
        """The commit that a branch or a tag stands for."""
        return str(self.api.dataset_info(self.name, revision=revision).sha)

    def tagged(self, tag: str) -> str | None:
        """The commit that a tag marks, if there is one."""
        refs = self.api.list_repo_refs(self.name, repo_type=KIND)
        return self.head(tag) if any(found.name == tag for found in refs.tags) else None

    def files(self, branch: str) -> dict[str, RemoteFile]:
        """All files of a branch by name."""
        return {
            file.path: RemoteFile(size=file.size, blob=file.blob_id, sha256=file.lfs.sha256 if file.lfs else None)
            for file in self.api.list_repo_tree(self.name, recursive=True, revision=branch, repo_type=KIND)
            if isinstance(file, RepoFile)
        }

    def pull_request(self, title: str) -> str | None:
        """The branch of the open pull request of that title, if there is one."""
        found = self.api.get_repo_discussions(
            self.name, repo_type=KIND, discussion_type="pull_request", discussion_status="open"
        )
        return next((one.git_reference for one in found if one.title == title), None)

    def url(self, branch: str) -> str:
        """Where a person looks at a branch, or at a pull request."""
        base = f"{self.api.endpoint}/datasets/{self.name}"
        if branch.startswith("refs/pr/"):
            return f"{base}/discussions/{branch.rpartition('/')[2]}"
        return base if branch == MAIN else f"{base}/tree/{branch}"


def _seen(private: bool) -> str:
    return "private" if private else "public"
