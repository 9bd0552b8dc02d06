"""Server of the viewer: on this machine only, until Ctrl-C."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store
from tools.viewer.annotating import Annotating
from tools.viewer.app import Viewer
from tools.viewer.index import Index
from tools.viewer.kept_parts import KeptParts
from tools.viewer.lists import Lists
from tools.viewer.objects import check_is_run
from tools.viewer.records import Records
from tools.viewer.text_search import TextSearch

HOST = "127.0.0.1"
# A store that is down is told within seconds; a run waits much longer.
PATIENCE_S, TIMEOUT_S = 12.0, 20.0
FIRST_LOOK_S = 3.0  # a listing that takes longer goes on behind the page
_QUEUE = 64
_LINK = re.compile(r"[\w%.~=&?/*+,:;@!$'()-]{0,4000}", re.ASCII)

Say = Callable[[str], None]


def bound(port: int) -> socket.socket:
    """Return a socket that listens on a port of this machine; 0 takes any. Raises `BadInput` for a taken one."""
    if not 0 <= port <= 65_535:
        raise BadInput(f"--port is {port}. Expected 0 to 65535; 0 takes any that is free.")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(_QUEUE)
    except OSError as error:
        listener.close()
        why = "may not be opened by you" if isinstance(error, PermissionError) else "is taken by another program"
        raise BadInput(f"port {port} of {HOST} {why}. Name another one, or none, and a free one is taken.") from None
    return listener


def view(run_dir: str, *, port: int, person: str | None, at: str, say: Say) -> None:
    """Serve the page of a run until Ctrl-C.

    Args:
      run_dir: folder of a run, of several rounds, or of an import; may be s3://.
      port: port of this machine; 0 takes any that is free.
      person: who annotates; None makes it read only.
      at: what follows # in a link of the page; "" for its beginning.
      say: takes lines for the user.

    Raises:
      BadInput: the folder holds nothing to look at, the link or the port is wrong.
      StorageFailed: the store does not answer.
    """
    # Everything that can be wrong, before anything is said.
    access = Access(patience_s=PATIENCE_S, timeout_s=TIMEOUT_S)
    store = open_store(run_dir, access)
    _check_link(at)
    listener = bound(port)
    with listener:
        index = Index(store, KeptParts(run_dir, say))
        index.start()
        index.first_look.wait(FIRST_LOOK_S)
        if index.failure is not None:
            raise index.failure
        if index.first_look.is_set() and not index.known.questions:
            check_is_run(store)
        # The page.
        records = Records(run_dir, access, store)
        annotating = Annotating(records.store, index.folders, person)
        annotating.start()
        lists = Lists(index, annotating)
        search = TextSearch(store, lists)
        viewer = Viewer(run_dir, index, records, lists, search, annotating)
        token = secrets.token_urlsafe(24)
        here = listener.getsockname()[1]
        say(f"http://{HOST}:{here}/{token}/{f'#{at}' if at else ''}")
        if person is None:
            say("read only; --annotate lets you say where a label is wrong. Ctrl-C ends it.")
        else:
            where = f"{run_dir}/annotations" if index.folders() <= {""} else f"annotations/ of each run in {run_dir}"
            say(f"annotations are kept in {where}, by {person}. Ctrl-C ends it.")
        _serve(viewer, token, listener)
        index.stop()
        annotating.stop()
    if person is not None:
        say(annotating.trouble or annotating.said.agreement.sentence)


class _Server(uvicorn.Server):
    """Server that ends by Ctrl-C or SIGTERM without a traceback, the second time at once."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        # It would raise the signal again at its end; here that is the ordinary end.
        self._captured_signals.clear()


def _serve(viewer: Viewer, token: str, listener: socket.socket) -> None:
    """Answer until a signal comes; requests in flight get two seconds then."""
    config = uvicorn.Config(
        viewer.application(token),
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        ws="none",
        http="h11",
        limit_concurrency=_QUEUE,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=2,
    )
    _Server(config).run(sockets=[listener])


def _check_link(at: str) -> None:
    """Raise `BadInput` for what is no link of the page."""
    if not _LINK.fullmatch(at):
        raise BadInput(
            "--at was got with other characters than a link has. Expected what follows # in a link of the page, "
            "such as q=3f2a9c…, in quotes."
        )
