"""Data set on the Hub: made if need be, and what its branches, tags and pull requests hold.

Nothing here is repeated or put into words: `Hub` does that around each of these calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from factory.errors import BadInput
from factory.export.file_names import CARD, MANIFEST
from factory.interfaces import Say
from pipelines.dataset_card.exported_folder import parsed
from pipelines.hub.push_plan import Held, RemoteFile

MAIN, KIND = "main", "dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDataset:
    """Data set of the name NAMESPACE/NAME, reached through `api`; `say` hears what is done to it."""

    api: HfApi
    name: str
    say: Say

    def opened(self, private: bool | None) -> bool:
        """Make the data set where it is not there, and return True where it is private.

        A new one is private unless `private` is False. Who may see an existing one is never changed. Raises `BadInput`
        where private is wanted of a public one.
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

    def has_branch(self, branch: str) -> bool:
        """Return True where there is such a branch, or a pull request's."""
        refs = self.api.list_repo_refs(self.name, repo_type=KIND, include_pull_requests=branch.startswith("refs/pr/"))
        return any(branch in (ref.name, ref.ref) for ref in [*refs.branches, *(refs.pull_requests or [])])

    def make_branch(self, branch: str) -> None:
        """Make a branch from what `main` holds."""
        self.api.create_branch(self.name, branch=branch, repo_type=KIND, exist_ok=True)

    def head(self, revision: str) -> str:
        """Return the commit that a branch or a tag stands for."""
        return str(self.api.dataset_info(self.name, revision=revision).sha)

    def has_tag(self, tag: str) -> bool:
        """Return True where there is such a tag."""
        return any(ref.name == tag for ref in self.api.list_repo_refs(self.name, repo_type=KIND).tags)

    def held(self, revision: str) -> Held:
        """Return what a branch or a tag holds, all of one commit."""
        commit = self.head(revision)
        files = {
            file.path: RemoteFile(size=file.size, blob=file.blob_id, sha256=file.lfs.sha256 if file.lfs else None)
            # Everything is read from one commit: the branch may move between two requests.
            for file in self.api.list_repo_tree(self.name, recursive=True, revision=commit, repo_type=KIND)
            if isinstance(file, RepoFile)
        }
        return Held(
            commit=commit,
            files=files,
            manifest=parsed(self._content(MANIFEST, commit)) if MANIFEST in files else None,
            card=self._content(CARD, commit).decode("utf-8", "replace") if CARD in files else None,
        )

    def card_faults(self, card: bytes) -> list[str]:
        """Return what the Hub has against a card."""
        answer = get_session().post(
            f"{self.api.endpoint}/api/validate-yaml",
            json={"content": card.decode(), "repoType": KIND},
            headers=self._headers(),
        )
        # The Hub answers 400 with the faults of a card.
        if answer.status_code != 400:
            hf_raise_for_status(answer)
        return [str(fault.get("message")) for fault in answer.json().get("errors") or []]

    def pull_request(self, title: str) -> str | None:
        """Return the branch of the open pull request of that title, if there is one."""
        proposals = self.api.get_repo_discussions(
            self.name, repo_type=KIND, discussion_type="pull_request", discussion_status="open"
        )
        return next((one.git_reference for one in proposals if one.title == title), None)

    def url(self, branch: str) -> str:
        """Return where a person looks at a branch, or at a pull request."""
        base = f"{self.api.endpoint}/datasets/{self.name}"
        if branch.startswith("refs/pr/"):
            return f"{base}/discussions/{branch.rpartition('/')[2]}"
        return base if branch == MAIN else f"{base}/tree/{branch}"

    def _content(self, name: str, commit: str) -> bytes:
        """Return a file of a commit."""
        url = hf_hub_url(self.name, name, repo_type=KIND, revision=commit, endpoint=self.api.endpoint)
        answer = get_session().get(url, headers=self._headers(), follow_redirects=True)
        hf_raise_for_status(answer)
        return answer.content

    def _headers(self) -> dict[str, str]:
        """Return the headers of a request, with the token."""
        return build_hf_headers(token=self.api.token, library_name=self.api.library_name)


def _seen(private: bool) -> str:
    return "private" if private else "public"
