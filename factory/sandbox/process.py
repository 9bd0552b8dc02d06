"""Running sandboxed program: its output up to a cap, its limits watched, its death complete.

Invariants:
* After `close`, no process of the program is left, whatever it has started.
* No call waits longer than its deadline, but for the few seconds of a kill.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from factory.processes import descendants
from factory.sandbox.limits import Ended, How, Limits
from factory.sandbox.watch import LOOK_EVERY_S, Watch

_DEATH_TIMEOUT_S = 5.0
_STDERR_TAIL = 8_192
_CHUNK = 65_536
# Share of the CPU limit that counts as all of it: the last moments of a program are not seen.
_NEARLY = 0.8


class SandboxFailed(Exception):
    """Failure of the sandbox itself: nothing is known about the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """Namespace that bubblewrap made.

    * `init`, `init_fd`: id and descriptor of its first process, with which all others in it die.
    * `status_fd`: pipe that bubblewrap reports on. `reported`: what it has said so far.
    """

    init: int
    init_fd: int
    status_fd: int
    reported: bytes


class Running:
    """Started program. Not thread-safe; it dies with the thread that started it. Use `with`, or `close` it.

    `how` is None while it runs. After its own end or a limit's it says which; after `close` it stays as it was.

    Args:
      process: the outermost process, with pipes for its output.
      limits: bounds that are watched from here.
      namespace: what bubblewrap made; None where there is no sandbox.
      cleanup: called once, when everything is gone.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        *,
        namespace: Namespace | None = None,
        cleanup: Callable[[], None] = lambda: None,
    ) -> None:
        self.how: How | None = None
        self._process = process
        self._limits = limits
        self._namespace = namespace
        self._cleanup = cleanup
        self._started = time.monotonic()
        init = None if namespace is None else namespace.init
        # Memory, CPU time and files are looked at from outside, every now and then.
        self._watch = Watch(process.pid, init, limits)
        self._out = bytearray()
        self._stderr = bytearray()
        self._counts = {"stdout": 0, "stderr": 0}
        self._closed = False
        # One selector waits for the end of the process and for its output, so no call waits for one of them alone.
        self._exit = os.pidfd_open(process.pid)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._exit, selectors.EVENT_READ, "exit")
        for pipe, name in ((process.stdout, "stdout"), (process.stderr, "stderr")):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, name)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def stderr(self) -> bytes:
        """Last few kB of the program's stderr."""
        return bytes(self._stderr)

    def receive(self, deadline: float) -> bytes:
        """Return the next bytes of stdout, as soon as there are any; b"" when there will be none.

        `deadline` is a `time.monotonic()`. Raises TimeoutError when it passes; the program runs on.
        """
        while not self._out and self.how is None:
            self._wait(deadline)
        chunk = bytes(self._out)
        self._out.clear()
        return chunk

    def send(self, data: bytes, deadline: float) -> None:
        """Write to stdin. Raises TimeoutError at `deadline`, BrokenPipeError when nobody reads any more."""
        stdin = self._process.stdin
        assert stdin is not None, "stdin was given at the start"
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(stdin.fileno(), rest) :]
            except BlockingIOError:
                if self.how is not None:
                    raise BrokenPipeError(f"the program has ended: {self.how}") from None
                self._wait(min(deadline, time.monotonic() + LOOK_EVERY_S), missed_is_error=False)
                if time.monotonic() >= deadline:
                    raise TimeoutError("the program did not read its input in time") from None

    def close(self) -> None:
        """Kill everything that is left and wait until it is gone. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._watch.close()
        descriptors = [] if self._namespace is None else [self._namespace.init_fd, self._namespace.status_fd]
        for descriptor in [self._exit, *descriptors]:
            os.close(descriptor)
        self._cleanup()

    def ended(self, how: How, stdout: bytes) -> Ended:
        """Close the program and return its report: `how` it ended, and the `stdout` received."""
        seconds = time.monotonic() - self._started
        self.close()
        status = self._process.returncode
        if how is How.SIGNALLED:
            status = -status if status < 0 else status - 128
        return Ended(
            how=how,
            status=status if how in (How.EXITED, How.SIGNALLED) else -signal.SIGKILL,
            stdout=stdout[: self._limits.output_bytes],
            stderr=self.stderr,
            seconds=seconds,
            cpu_s=self._watch.cpu_s,
            touched=frozenset(self._watch.touched),
        )

    def _wait(self, deadline: float, *, missed_is_error: bool = True) -> None:
        """Wait for output, an end, or the time to look at the limits, whichever is first."""
        now = time.monotonic()
        if now >= deadline and missed_is_error:
            raise TimeoutError("no output in time")
        ready = [key.data for key, _ in self._selector.select(max(0.0, min(deadline, self._watch.next_look) - now))]
        for name in ("stdout", "stderr"):
            if name in ready:
                self._read(name)
        if "exit" in ready and self.how is None:
            self._watch.look()
            # Kill what it left behind, then read what is still in the pipes.
            self._kill()
            while self._read("stdout") or self._read("stderr"):
                pass
            if self.how is None:
                self.how = self._own_end()
        elif time.monotonic() >= self._watch.next_look and self.how is None and (over := self._watch.look()):
            self._end_by(over)

    def _read(self, name: str) -> bool:
        """Take over one chunk of output; return True when there may be more."""
        pipe = self._process.stdout if name == "stdout" else self._process.stderr
        assert pipe is not None
        try:
            chunk = os.read(pipe.fileno(), _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            with suppress(KeyError):
                self._selector.unregister(pipe)
            return False
        self._counts[name] += len(chunk)
        if name == "stdout":
            self._out += chunk
        else:
            self._stderr = (self._stderr + chunk)[-_STDERR_TAIL:]
        if self._counts[name] > self._limits.output_bytes:
            self._end_by(How.OUTPUT)
            return False
        return True

    def _end_by(self, how: How) -> None:
        """End the program by a limit."""
        self.how = how
        self._kill()

    def _own_end(self) -> How:
        """Return how the program ended by itself. Raises `SandboxFailed` where bwrap did not start it.

        The status says less in the sandbox than outside: bwrap ends with 128 + N, and reports the same, for a program
        that signal N ended and for one that itself chose that number. Such a status counts as a signal there; anywhere
        it is the CPU limit's only where about that much CPU time was seen to be used.
        """
        if self._namespace is not None:
            reported = self._namespace.reported + os.read(self._namespace.status_fd, _CHUNK)
            # bwrap writes this only about a program that it did start.
            if b"exit-code" not in reported:
                raise SandboxFailed(self.stderr.decode(errors="replace").strip() or "bwrap ended without a word")
        status = self._process.returncode
        signal_number = -status if status < 0 else status - 128
        if signal_number == signal.SIGXCPU and self._watch.cpu_s >= self._limits.cpu_s * _NEARLY:
            return How.CPU_TIME
        may_be_one = status < 0 or self._namespace is not None
        return How.SIGNALLED if may_be_one and signal_number in signal.valid_signals() else How.EXITED

    def _kill(self) -> None:
        """Send SIGKILL to all, then wait. With the first process of a namespace the kernel ends all others in it."""
        if self._process.returncode is not None:
            # Done before; the process id may be somebody else's by now.
            return
        if self._namespace is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._namespace.init_fd, signal.SIGKILL)
            # bwrap ends by itself then, and has collected the other first.
            _wait_for_end(self._exit)
        else:
            for process in list(descendants(self._process.pid))[1:]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_DEATH_TIMEOUT_S)
        if self._namespace is not None and not _wait_for_end(self._namespace.init_fd):
            raise SandboxFailed(f"a killed sandbox was not gone within {_DEATH_TIMEOUT_S:g} s")


def _wait_for_end(pidfd: int) -> bool:
    """Return True when the process ended in time."""
    return readable(pidfd, _DEATH_TIMEOUT_S)


def readable(descriptor: int, timeout_s: float) -> bool:
    """Return True when it can be read within that time. Unlike select(2), for descriptors of any number."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, timeout_s) * 1000))
