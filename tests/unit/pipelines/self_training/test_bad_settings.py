"""Mistakes in a STaR config: one line each, before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.rounds import star_settings

from factory.errors import BadInput
from pipelines.self_training.star_settings import StarSettings, of


def found(**sections: dict[str, Any]) -> StarSettings:
    return of(star_settings(Path("/runs/star"), Path("models/base"), **sections))


@pytest.mark.parametrize(
    ("section", "values", "says"),
    [
        ("star", {"rounds": 0}, "rounds is 0"),
        ("star", {"start_from": "best"}, "'best': expected base"),
        ("star", {"pairs_per_question": -1}, "pairs_per_question is -1"),
        ("rationalise", {"n": 0}, "n is 0"),
        ("held_out", {"share": 0.0}, "share is 0"),
        ("held_out", {"share": 1.0}, "share is 1"),
        ("held_out", {"k": 0}, "k is 0"),
        ("star", {"training_timeout_s": 0.0}, "training_timeout_s is 0"),
        ("rationalise", {"temperature": -1.0}, "rationalise: temperature is -1"),
        ("held_out", {"temperature": -1.0}, "held_out: temperature is -1"),
        ("held_out", {"limit": -1}, "held_out: limit is -1"),
        ("stop", {"min_gain": -0.1}, "negative"),
        ("teacher", {"mode": "both"}, "mode is 'both'"),
        ("teacher", {"mode": "turns"}, r"teacher\.model"),
        ("stop", {"patience": -1}, "negative"),
        ("stop", {"hours": -0.5}, "negative"),
        ("stop", {"policy_calls": "many"}, r"stop\.policy_calls"),
        ("keep", {"method": "rtf"}, "'rft'"),
        ("keep", {"per_question": 0}, "per_question is 0"),
        ("engine", {"kind": "http", "base_url": "http://a/v1"}, "keep their model"),
        ("trainer", {"kind": "sfd"}, "'sft'"),
        ("held_out", {"shar": 0.1}, r"held_out\.shar.*'share'"),
    ],
)
def test_a_bad_value_is_one_line_that_says_what_was_expected(section: str, values: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        found(**{section: values})
    assert "\n" not in str(caught.value)
