"""`factory watch` and `status` beside logs in which any value is any JSON: they show something or name the damage."""

from __future__ import annotations

import copy
import json
import shutil
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factory.errors import BadInput
from factory.records.role_costs import AMOUNTS, WHO
from factory.records.tally import Tally
from factory.storage.opening import open_store
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.engine_log import EngineLog
from pipelines.driving.progress import Progress
from pipelines.driving.progress_log import AttemptPlan, ProgressLog
from pipelines.run.driver import this_process
from pipelines.run.driver_state import driver_state
from pipelines.watching.watcher import Watcher
from tools.commands import status
from tools.commands.elsewhere.dashboard import all_lines, plain_line
from tools.commands.elsewhere.watch import Reader
from tools.commands.entry.json_output import plain

GOLDEN = Path(__file__).parents[4] / "golden/run_folder"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
FILES = ("attempt", "heartbeat", "progress", "engines")


def logs(folder: Path) -> dict[str, Any]:
    """Write the logs of an attempt whose driver is this process, and return them."""
    store, this = open_store(folder), this_process()
    entry = {**dict.fromkeys(WHO, "policy"), **dict.fromkeys(AMOUNTS, 1)}
    engines = EngineLog(store, 1, {"policy": {"engine": "vllm"}, "judge": {"engine": "http"}}, {"policy": 1.0})
    done = Tally(questions=1, correct=1, policy_calls=9, roles=[entry])
    progress = Progress(
        done=done,
        seconds=5.0,
        failures={"EngineFailed": 1},
        engines=[EngineFigures(slots=4, running=2, seconds=9.0), EngineFigures(role="judge")],
        gone=[EngineFigures(seconds=3.0)],
    )
    ProgressLog(store, 1, AttemptPlan(questions=3, units=2, committed=0, least=2, before=done), engines).end(progress)
    claim = {"host": this.host, "machine": this.machine, "pid": this.pid, "pid_started": this.started}
    more = {"started": "now", "job": {"address": "a", "id": "b"}, "engine": {"engine": "vllm"}, "gpus": 1.0}
    known = {"attempt": {**claim, **more}, "heartbeat": {"at": 5.0}}
    return known | {name: json.loads(store.read(f"logs/attempt_1/{name}.json")) for name in ("progress", "engines")}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to all values within a value, itself included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    """Return a copy of a value with another one at a path."""
    if not path:
        return by
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], by)
    return changed


def test_any_value_in_the_logs_of_an_attempt_is_shown_or_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A driver that seems to be elsewhere is not watched for seconds.
    monkeypatch.setattr(status, "driver_state", partial(driver_state, watch_s=0.0))
    # Nearly all of the time would go into the config, which stays as it is.
    monkeypatch.setattr(status, "opened", cache(status.opened))
    folder = shutil.copytree(GOLDEN, tmp_path / "run")
    whole = logs(folder)
    reader = Reader(Watcher(str(folder)), 1.0)

    @given(st.data())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def shown(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(FILES))
        mangled = replaced(whole[name], data.draw(st.sampled_from(places(whole[name]))), data.draw(JSON))
        for file, values in {**whole, name: mangled}.items():
            (folder / f"logs/attempt_1/{file}.json").write_text(json.dumps(values))
        look, eta = reader.read()
        assert all_lines(look, eta, 80)
        assert plain_line(look, eta).startswith(look.stage)
        with suppress(BadInput):
            assert status.status_lines(str(folder))
            json.dumps(plain(status.status_figures(str(folder))), allow_nan=False)

    shown()
