"""Run through two real vLLM servers, one of them killed and started again, against the same run in process.

    python -m tools.bench.real_servers --questions 48 --json OUT

vLLM's own API servers serve the embedded model on this machine's CPU (3 GB of memory and a minute each to start). In
front of each stands a server of ours that passes everything on, knows what was asked and answered, and spoils some
answers (`--faults`): 429, 503, HTML, half a body, nothing, another model. After a third of the run one server is
killed with all its processes, and started again at once. The program says:

* lost: questions without a record, or with a failed one; 0 is expected;
* continued, exact: requests that go on from a solution, and those whose ids are the ones that a server had sampled;
* cacheable, cached: tokens of these that the asked server had computed before, in whole blocks, and those that it
  counted as hits;
* differences: fields of the records that say something here, and never in a run with `engine.kind=vllm`, or vice versa.

The exit status is 1 where anything is lost, a continuation is not exact, fewer tokens were cached than could be, a
field differs, or the killed server was not asked again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from actors.models.resolve import fetch_embedded
from factory.shards.commits import read_rows
from tools.bench.real_servers.fields import differences, fields_of
from tools.bench.real_servers.vllm_server import VllmServer
from tools.bench.step_labels import check_writable
from tools.one_line import exit_status
from tools.openai_server.continuations import continuations
from tools.openai_server.options import Options
from tools.openai_server.server import OpenAIServer, openai_server

MODEL = "smollm2-135m"
ROOT = Path(__file__).parents[3]
BLOCK = 32
FAULTS = (
    "429 later",
    "503 later",
    "429",
    "503",
    "html",
    "html 502",
    "half",
    "closed",
    "reset",
    "silence",
    "other model",
)
# Share of the cacheable tokens that has to be cached: what is computed at the same time is not there yet.
CACHED = 0.9


def command(folder: Path, questions: int, *engine: str) -> list[str]:
    """Return the command line of a run in `folder`; `engine` are its engine's settings."""
    return [
        *(sys.executable, "-m", "tools.cli", "run", str(ROOT / "pipelines/label_steps.yaml")),
        *(f"run.dir={folder}", f"source.n={questions}", "run.unit_size=4", "search.n=6", "sampling.max_tokens=96"),
        *engine,
    ]


def run(line: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a run; what it says goes to `log`."""
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    with log.open("ab") as output:
        return subprocess.Popen(line, cwd=ROOT, env=variables, stdout=output, stderr=output)


def through_servers(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Make the run through two servers, of which the second is killed; return its figures."""
    model = str(fetch_embedded(MODEL))
    servers = [VllmServer(model, MODEL, folder / f"server-{number}.log") for number in (1, 2)]
    with ExitStack() as stack:
        for server in servers:
            stack.callback(server.kill)
            server.start()
            # One after the other: two at once take longer on two cores.
            server.wait()
        fronts = [stack.enter_context(openai_server(Options(upstream=server.address))) for server in servers]
        urls = ",".join(front.url for front in fronts)
        line = command(folder / "http", arguments.questions, "engine.kind=http", f"engine.base_url=[{urls}]")
        began = time.monotonic()
        process = run([*line, "engine.request_s=120"], folder / "http.log")
        stack.callback(process.kill)
        figures = _disturbed(process, servers[1], fronts, arguments)
        figures["seconds"] = round(time.monotonic() - began, 1)
        figures["hits"] = [server.metrics()["prefix_cache_hits_total"] for server in servers if server.is_ready()]
        figures["faults"] = dict(sum((front.plan.counts for front in fronts), Counter()))
        generated = [[one for one in front.exchanges if one[0] == "/v1/completions"] for front in fronts]
        figures["continuations"] = asdict(continuations(generated, BLOCK))
        return figures


def _disturbed(
    process: subprocess.Popen[bytes], server: VllmServer, fronts: Sequence[OpenAIServer], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Wait for the end of the run; on the way spoil answers, and kill a server and start it again."""
    faults, killed_at, asked_when_back = list(FAULTS) if arguments.faults else [], 0.0, -1
    back_after = -1.0
    deadline = time.monotonic() + arguments.limit
    while process.poll() is None:
        answered = sum(len(front.exchanges) for front in fronts)
        if faults and answered > 20 * (1 + len(FAULTS) - len(faults)):
            fronts[0].plan.force(faults.pop(0), 2)
        if not killed_at and answered >= arguments.kill_after:
            server.kill()
            server.start()
            killed_at = time.monotonic()
        if killed_at and back_after < 0 and server.is_ready():
            back_after, asked_when_back = time.monotonic() - killed_at, len(fronts[1].exchanges)
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.25)
    again = len(fronts[1].exchanges) - asked_when_back if asked_when_back >= 0 else 0
    return {
        "status": process.returncode,
        "requests": [len(front.exchanges) for front in fronts],
        "back_after_s": round(back_after, 1),
        "asked_again": again,
        "faults_left": len(faults),
    }


def in_process(arguments: argparse.Namespace, folder: Path) -> int:
    """Make the same run with the engine in process; return its exit status."""
    line = command(folder / "vllm", arguments.questions, "engine.kind=vllm", "engine.env.VLLM_CPU_KVCACHE_SPACE='1'")
    return run(line, folder / "vllm.log").wait(arguments.limit)


def faults_of(row: dict[str, Any]) -> list[str]:
    """Return what is not as it should be, one line each."""
    counts = row["continuations"]
    checks = {
        f"the run ended with {row['status']}": row["status"] != 0,
        f"{row['lost']} questions are lost": row["lost"],
        "the killed server was not asked again": row["asked_again"] == 0,
        f"{row['faults_left']} faults did not happen": row["faults_left"],
        f"{counts['continued'] - counts['exact']} continuations are not exact": counts["continued"] != counts["exact"],
        "nothing was continued": not counts["continued"],
        "fewer tokens were cached than could be": counts["cached_tokens"] < CACHED * counts["cacheable_tokens"],
    }
    return [*(line for line, wrong in checks.items() if wrong), *row["differences"]]


def parsed() -> argparse.Namespace:
    """Return the command line's arguments; ends with status 2 for those that cannot be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=48, help="questions of each run (default: 48)")
    parser.add_argument("--kill-after", type=int, default=150, help="answers after which one is killed (default: 150)")
    parser.add_argument("--faults", action="store_true", help="spoil answers of the other server, too")
    parser.add_argument("--limit", type=float, default=3600.0, help="seconds that a run may take (default: 3600)")
    parser.add_argument("--json", type=Path, required=True, help="where the figures are saved")
    arguments = parser.parse_args()
    check_writable(parser, arguments.json)
    return arguments


def main() -> int:
    """Make both runs, save and print the figures; return 1 where something is not as it should be."""
    arguments = parsed()
    with tempfile.TemporaryDirectory(prefix="bench-real-servers-") as name:
        folder = Path(name)
        row = through_servers(arguments, folder)
        rows = list(read_rows(str(folder / "http")))
        row["lost"] = arguments.questions - sum(one["status"] == "ok" for one in rows)
        row["status_in_process"] = in_process(arguments, folder)
        row["differences"] = differences(fields_of(rows), fields_of(read_rows(str(folder / "vllm"))))
        row["log"] = (folder / "http.log").read_text(encoding="utf-8", errors="replace")[-4000:]
    row["wrong"] = faults_of(row)
    arguments.json.write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")
    for key, value in row.items():
        print(f"{key}: {value}")
    return 1 if row["wrong"] else 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
