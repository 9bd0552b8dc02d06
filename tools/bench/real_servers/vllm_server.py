"""vLLM's own API server as a process on this machine: started, killed, started again on the same port."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from actors.engine_runtime.hardware import cpu_has_bfloat16
from actors.engine_runtime.vllm_settings import Config, environment

READY_S = 900.0
"""Seconds within which a server has to be ready; 60 are usual on two idle cores."""
_METRIC = re.compile(r"^vllm:(\w+)\{[^}]*\} ([0-9.eE+-]+)$", re.MULTILINE)


class VllmServer:
    """Server of one model folder on a port of its own; what it prints goes to `log`.

    Args:
      model: folder of the model.
      name: name under which it serves it.
      log: file.
      max_model_len: tokens of prompt and completion together.
      key: key that clients have to send; "" for none. It travels in the server's environment.
    """

    def __init__(self, model: str, name: str, log: Path, max_model_len: int = 2048, key: str = "") -> None:
        self.port = _free_port()
        self._log = log
        self._key = key
        self._command = [
            *(sys.executable, "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", model, "--served-model-name", name, "--host", "127.0.0.1", "--port", str(self.port)),
            *("--dtype", "bfloat16" if cpu_has_bfloat16() else "float32", "--block-size", "32", "--enforce-eager"),
            *("--max-num-seqs", "64", "--max-model-len", str(max_model_len), "--gpu-memory-utilization", "0.1"),
            "--enable-prompt-tokens-details",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """URL without a path."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process; `wait` returns when it serves."""
        variables = environment(Config(env={"VLLM_CPU_KVCACHE_SPACE": "1"}))
        if self._key:
            variables["VLLM_API_KEY"] = self._key
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=os.environ | variables, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> None:
        """Return when the server is ready. Raises `RuntimeError` when it ends before, or takes too long."""
        deadline = time.monotonic() + READY_S
        while not self.is_ready():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"vLLM's server did not start within {READY_S:.0f} s; see {self._log}")
            time.sleep(0.5)

    def is_ready(self) -> bool:
        """Return whether the server answers."""
        try:
            return bool(urllib.request.urlopen(f"{self.address}/health", timeout=5).status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def metrics(self) -> dict[str, float]:
        """Return its figures by vLLM's names, those of all labels added up."""
        figures: dict[str, float] = {}
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=30) as answer:
            for name, value in _METRIC.findall(answer.read().decode()):
                figures[name] = figures.get(name, 0.0) + float(value)
        return figures

    def kill(self) -> None:
        """Kill the process and all that it started (SIGKILL), as a lost machine would."""
        if self._process is not None:
            # The server is the leader of a process group of its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
