"""`factory reproduce` without Ray gives what a run on Ray has recorded, learning from other questions or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.runs import rows_of, run, settings_for

from tools.cli import main

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


@pytest.mark.parametrize("learn", [False, True])
def test_a_question_of_a_real_run_comes_out_equal(
    learn: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # Rounds of one probe are as many as the evidence asks for, however full the engines were.
    labeller = {"method": "bayes_bisection", "probes_per_round": 1}
    settings = settings_for(tmp_path / "run", run={"learn": learn}, supervision=labeller)
    assert run(settings).complete
    first = rows_of(settings)[0]
    capfd.readouterr()
    monkeypatch.setattr("sys.argv", ["factory", "reproduce", settings.run.dir, first["question_id"], "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    done = json.loads(out)
    assert done["parts"]["samples"]["same"], err
    # What others have taught may have it buy other rollouts; without, all is the same.
    assert done["equal"] or learn, done["differences"]
    assert ended.value.code == (0 if done["equal"] else 1)
