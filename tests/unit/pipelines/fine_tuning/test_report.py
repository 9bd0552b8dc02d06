"""Report of a finished fine-tuning."""

from __future__ import annotations

from factory.self_training.training import Trained, as_json
from pipelines.fine_tuning.report import trained_lines


def test_the_validation_loss_is_shown_where_it_was_measured() -> None:
    trained = as_json(Trained(folder="f", revision="r", loss_validation=0.25))
    assert "validation     loss 0.250" in trained_lines(trained, "sft")
    del trained["loss_validation"]  # stats of an older run
    assert not any("validation" in line for line in trained_lines(trained, "sft"))
