"""Stub of the Hugging Face Hub: the HTTP routes that huggingface_hub 2.4 and datasets 5.2 call, and ways to fail.

Repositories are in memory, with commits, branches, tags, pull requests and large files by hash. Xet is not supported:
set HF_HUB_DISABLE_XET=1. Commit ids depend only on what was committed, so equal pushes give equal ids.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from support.exports.hub_cards import card_faults
from support.exports.hub_repos import Blob, Refusal, Repo, apply, listing, mode_of, pull_of, ref_of

OWNER, READER = "hf_owner_token", "hf_reader_token"
_API = re.compile(r"/api/datasets/([^/]+/[^/]+?)(?:/([a-z-]+)(?:/([^/]+)(?:/(.*))?)?)?")


@dataclass
class Answer:
    """HTTP answer: status, headers and body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Answer:
        """Return an answer with a JSON body."""
        return cls(json.dumps(value).encode(), status, {"Content-Type": "application/json", **headers})


class StubHub:
    """Stub with its repositories and the requests it got, for tests to inspect.

    `fault(number, do)` is called at every request, counted from 1. It returns None, or the answer to give instead. It
    may call `do()` before that, so that the request is carried out and only its answer is lost. `RESET` is a connection
    that breaks.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.uploads: list[str] = []
        self.endpoint = ""
        self.fault: Callable[[int, Callable[[], Answer]], Answer | None] = lambda _number, _do: None
        self._lock = threading.RLock()

    def answer(self, method: str, url: str, headers: Any, body: bytes) -> Answer:
        """Answer one request, or do as `fault` says."""
        with self._lock:
            self.requests.append(f"{method} {urlsplit(url).path}")
            number = len(self.requests)
        instead = self.fault(number, lambda: self._carried_out(method, url, headers, body))
        return instead or self._carried_out(method, url, headers, body)

    def _carried_out(self, method: str, url: str, headers: Any, body: bytes) -> Answer:
        with self._lock:
            try:
                return self._route(method, url, headers, body)
            except Refusal as no:
                return Answer.of(
                    {"error": no.message}, no.status, **{"X-Error-Code": no.code, "X-Error-Message": no.message}
                )

    def _route(self, method: str, url: str, headers: Any, body: bytes) -> Answer:
        parts = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path, token = parts.path, (headers.get("authorization") or "").removeprefix("Bearer ")
        if token not in ("", OWNER, READER):
            raise Refusal(401, "", "Invalid credentials in Authorization header")
        writes = token == OWNER
        if path == "/api/validate-yaml":
            faults = [{"message": fault} for fault in card_faults(json.loads(body)["content"])]
            return Answer.of({"errors": faults, "warnings": []}, 400 if faults else 200)
        if path == "/api/repos/create":
            return self._create(json.loads(body), writes)
        if route := re.fullmatch(r"/lfs/([0-9a-f]{64})(/verify)?", path):
            return self._lfs(method, route[1], body)
        if route := re.fullmatch(r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            self._repo(route[1], token)
            return self._batch(json.loads(body), writes)
        if route := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(self._repo(route[1], token), unquote(route[2]), unquote(route[3]), headers)
        if route := _API.fullmatch(path):
            name, verb, revision, rest = route[1], route[2], unquote(route[3] or "main"), unquote(route[4] or "")
            return self._api(method, name, verb, revision, rest, query, body, writes, token)
        raise Refusal(404, "", f"no route for {method} {path}")

    def _api(
        self,
        method: str,
        name: str,
        verb: str | None,
        revision: str,
        rest: str,
        query: dict[str, str],
        body: bytes,
        writes: bool,
        token: str,
    ) -> Answer:
        repo = self._repo(name, token)
        if verb in (None, "revision"):
            sha = repo.sha(revision)
            siblings = [{"rfilename": path} for path in repo.commits[sha]]
            return Answer.of({"id": name, "sha": sha, "private": repo.private, "siblings": siblings, "tags": []})
        if verb == "refs":
            return Answer.of(
                {
                    "branches": [ref_of("heads", *pair) for pair in repo.branches.items() if "/" not in pair[0]],
                    "tags": [ref_of("tags", *pair) for pair in repo.tags.items()],
                    "converts": [],
                    "pullRequests": [ref_of("pr", ref.rpartition("/")[2], repo.branches[ref]) for ref in repo.pulls],
                }
            )
        if verb == "tree":
            return Answer.of(listing(repo.commits[repo.sha(revision)], rest, query.get("recursive") == "true"))
        if verb == "paths-info":
            tree = repo.commits[repo.sha(revision)]
            asked = json.loads(body)["paths"] if body.startswith(b"{") else parse_qs(body.decode())["paths"]
            everything = {entry["path"]: entry for entry in listing(tree, "", True)}
            return Answer.of([everything[path.strip("/")] for path in asked if path.strip("/") in everything])
        if verb == "discussions":
            pulls = [pull_of(name, ref, title, ref not in repo.closed) for ref, title in repo.pulls.items()]
            pulls = [pull for pull in pulls if query.get("status", "all") in ("all", pull["status"])]
            pulls = pulls if query.get("type", "all") in ("all", "pull_request") else []
            return Answer.of({"count": len(pulls), "start": 0, "discussions": pulls})
        if not writes and not query.get("create_pr"):
            raise Refusal(403, "", "You don't have write access to this repo")
        if verb == "preupload":
            return Answer.of({"files": [mode_of(repo, revision, asked) for asked in json.loads(body)["files"]]})
        if verb == "commit":
            return self._commit(repo, name, revision, body, query)
        if verb in ("tag", "branch"):
            asked = json.loads(body or b"{}")
            refs, key = (repo.tags, asked.get("tag")) if verb == "tag" else (repo.branches, revision)
            if key in refs:
                raise Refusal(409, "", f"Reference already exists: {key}")
            refs[key] = repo.sha(revision if verb == "tag" else asked.get("startingPoint", "main"))
            return Answer.of({})
        raise Refusal(404, "", f"no route for {method} {verb}")

    def _repo(self, name: str, token: str) -> Repo:
        repo = self.repos.get(name)
        if repo is None or (repo.private and not token):
            raise Refusal(404 if token else 401, "RepoNotFound", "Repository not found")
        return repo

    def _create(self, asked: dict[str, Any], writes: bool) -> Answer:
        name = f"{asked['organization']}/{asked['name']}"
        if not writes or asked["organization"] != "me":
            raise Refusal(403, "", f"You don't have the rights to create a dataset under the namespace {name}")
        url = f"{self.endpoint}/datasets/{name}"
        if name in self.repos:
            return Answer.of({"error": "You already created this dataset repo", "url": url}, 409)
        self.repos[name] = repo = Repo(private=asked.get("visibility") == "private")
        repo.commit("main", "", {".gitattributes": Blob(b"*.parquet filter=lfs\n", large=False)}, "initial commit")
        return Answer.of({"url": url})

    def _batch(self, asked: dict[str, Any], writes: bool) -> Answer:
        if not writes:
            raise Refusal(403, "", "You don't have write access to this repo")
        objects = []
        for one in asked["objects"]:
            href = f"{self.endpoint}/lfs/{one['oid']}"
            actions = {"upload": {"href": href}, "verify": {"href": f"{href}/verify"}}
            objects.append(one if one["oid"] in self.large else {**one, "actions": actions})
        return Answer.of({"transfer": "basic", "objects": objects})

    def _lfs(self, method: str, oid: str, body: bytes) -> Answer:
        if method == "PUT":
            if hashlib.sha256(body).hexdigest() != oid:
                raise Refusal(400, "", "content does not have the hash it was announced with")
            self.uploads.append(oid)
            self.large[oid] = body
        elif oid not in self.large:
            raise Refusal(404, "", "nothing was uploaded")
        return Answer.of({})

    def _commit(self, repo: Repo, name: str, revision: str, body: bytes, query: dict[str, str]) -> Answer:
        lines = [json.loads(line) for line in body.splitlines()]
        title, parent = lines[0]["value"]["summary"], repo.sha(revision)
        if lines[0]["value"].get("parentCommit", parent) != parent:
            raise Refusal(412, "", "A commit has happened since. Please refresh and try again.")
        tree = dict(repo.commits[parent])
        for line in lines[1:]:
            apply(tree, line["key"], line["value"], self.large)
        branch = revision
        if query.get("create_pr"):
            branch = f"refs/pr/{len(repo.pulls) + 1}"
            repo.pulls[branch] = title
        sha = repo.commit(branch, parent, tree, title)
        base = f"{self.endpoint}/datasets/{name}"
        pull = f"{base}/discussions/{branch.rpartition('/')[2]}" if query.get("create_pr") else None
        return Answer.of(
            {"success": True, "commitOid": sha, "commitUrl": f"{base}/commit/{sha}", "pullRequestUrl": pull}
        )

    def _resolve(self, repo: Repo, revision: str, path: str, headers: Any) -> Answer:
        sha = repo.sha(revision)
        blob = repo.commits[sha].get(path)
        if blob is None:
            raise Refusal(404, "EntryNotFound", f"Entry not found: {path}")
        etag = f'"{blob.sha256 if blob.large else blob.oid}"'
        told = {"ETag": etag, "X-Repo-Commit": sha, "X-Linked-Etag": etag, "X-Linked-Size": str(len(blob.data))}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range") or ""):
            first, last = int(wanted[1]), min(int(wanted[2] or len(blob.data)), len(blob.data) - 1)
            told["Content-Range"] = f"bytes {first}-{last}/{len(blob.data)}"
            return Answer(blob.data[first : last + 1], 206, told)
        return Answer(blob.data, 200, {**told, "Accept-Ranges": "bytes"})


RESET = Answer(status=-1)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for an acknowledgement
    hub: StubHub

    def parse_request(self) -> bool:
        """Read the head, names in lower case; the library's parser, made for mail, costs more than an answer."""
        self.command, self.path, self.request_version = self.raw_requestline.decode("latin-1").split()
        lines = iter(lambda: self.rfile.readline().decode("latin-1").strip(), "")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.close_connection = self.headers.get("connection", "").lower() == "close"
        return True

    def _any(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = self.hub.answer(self.command, self.path, self.headers, body)
        if answer.status == RESET.status:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self.send_response_only(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _any

    def finish(self) -> None:
        """Flush only a connection that is still open: a fault may have closed it."""
        if not self.wfile.closed and self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *_: Any) -> None:
        """Write no log."""
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Ignore errors of connections: a client that was killed is no error of the server."""


@contextmanager
def serving() -> Iterator[StubHub]:
    """Yield a stub that listens on a port of its own; huggingface_hub finds it by HF_ENDPOINT, or `endpoint=`."""
    hub = StubHub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
