"""OpenAI-compatible server without a model, until Ctrl-C.

python -m tools.openai_server --port 8000 --sample 0.5 --knee 16 --shape thrashing
python -m tools.openai_server --like openai --fault "429 later" --every 10
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import Any

from tools.one_line import exit_status
from tools.openai_server.faults import BODIES, KINDS, REFUSALS, WIRES, Fault
from tools.openai_server.options import CHAT_ONLY, OPENAI, SGLANG, SHAPES, Load, Options
from tools.openai_server.server import openai_server

LIKE: dict[str, dict[str, Any]] = {"vllm": {}, "sglang": SGLANG, "openai": OPENAI, "chat": CHAT_ONLY}


def parsed() -> argparse.Namespace:
    """Return the command line's arguments; ends with status 2 for those that cannot be."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="faults: " + ", ".join([*REFUSALS, *BODIES, *WIRES]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--model", default="tiny", help="name of its model (default: tiny)")
    parser.add_argument("--like", choices=LIKE, default="vllm", help="whose API it offers (default: vllm)")
    parser.add_argument("--key-env", default="", help="environment variable with the key that clients have to send")
    parser.add_argument("--sample", type=float, default=0.0, help="seconds of a sample that is alone (default: 0)")
    parser.add_argument("--token", type=float, default=0.0, help="seconds of each of its tokens besides (default: 0)")
    parser.add_argument("--slots", type=int, default=0, help="samples at the same time (default: any number)")
    parser.add_argument("--knee", type=int, default=0, help="samples from which on it slows down (default: never)")
    parser.add_argument("--shape", choices=SHAPES, default="linear", help="how it slows down (default: linear)")
    parser.add_argument("--noise", type=float, default=0.0, help="sigma of the log of a sample's time (default: 0)")
    parser.add_argument("--fault", choices=(*KINDS, "none"), default="none", metavar="FAULT", help="see below")
    parser.add_argument("--every", type=int, default=1, help="which requests meet the fault (default: all)")
    return parser.parse_args()


def main() -> None:
    """Run the server that the command line describes."""
    arguments = parsed()
    load = Load(
        sample_s=arguments.sample,
        token_s=arguments.token,
        slots=arguments.slots,
        knee=arguments.knee,
        shape=arguments.shape,
        noise=arguments.noise,
    )
    key = os.environ.get(arguments.key_env, "") if arguments.key_env else ""
    options = Options(model=arguments.model, api_key=key, load=load, **LIKE[arguments.like])
    fault = Fault(kind=arguments.fault, every=arguments.every)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with openai_server(options, [fault], arguments.port) as server:
        print(f"{server.url} serves {options.model}; Ctrl-C ends it", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print(dict(server.plan.counts))


if __name__ == "__main__":
    sys.exit(exit_status(main))
