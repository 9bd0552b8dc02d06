"""Two sides of one source: disjoint, complete, and the same in any order."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from omegaconf import OmegaConf

from factory.config import fill
from factory.contracts.sources import SourcePlugin
from factory.errors import BadInput
from factory.plugins import Registry
from factory.readers import inner_source
from factory.sources import simulated
from factory.sources.split import Config, is_held_out, questions
from factory.text.wording import question_key
from factory.types import Question

OF = {"kind": "simulated", "n": 400}


def texts(part: str, **config: Any) -> list[str]:
    return [question.text for question in questions(Config(**{"of": dict(OF), "part": part, **config}))]


def written(path: Path, lines: list[str]) -> dict[str, Any]:
    path.write_text("".join(json.dumps({"question": line, "answer": "1"}) + "\n" for line in lines))
    return {"kind": "jsonl", "path": str(path)}


def everything() -> list[str]:
    return [question.text for question in simulated.questions(simulated.Config(n=400))]


def test_the_parts_are_disjoint_and_all_there_is() -> None:
    train, held_out = texts("train", share=0.25), texts("held_out", share=0.25)
    assert not set(train) & set(held_out)
    assert sorted(train + held_out) == sorted(everything())
    assert 60 < len(held_out) < 140


@hypothesis.given(
    st.lists(st.text(max_size=20), max_size=20), st.floats(0, 1), st.integers(0, 9), st.randoms(use_true_random=False)
)
def test_the_side_hangs_on_text_and_seed_alone(found: list[str], share: float, seed: int, rng: Random) -> None:
    def held_out(texts: list[str]) -> list[str]:
        return [text for text in texts if is_held_out(Question(text=text, gold="1"), share, seed)]

    shuffled = rng.sample(found, len(found))
    assert sorted(held_out(found)) == sorted(held_out(shuffled))
    assert {question_key(text) for text in held_out(found)}.isdisjoint(
        question_key(text) for text in found if text not in held_out(found)
    )


def test_a_question_spelled_differently_is_on_the_same_side(tmp_path: Path) -> None:
    pairs = [(f"What is {n} + 1?", f" what  is {n}+1 ") for n in range(60)]
    of = written(tmp_path / "a.jsonl", list(chain.from_iterable(pairs)))
    held_out = {question_key(text) for text in texts("held_out", of=of, share=0.5)}
    train = {question_key(text) for text in texts("train", of=of, share=0.5)}
    assert not held_out & train
    assert len(held_out | train) == 60


def test_train_does_not_hang_on_the_limit() -> None:
    assert texts("train", limit=3) == texts("train")
    assert texts("held_out", limit=3) == texts("held_out")[:3]


def test_another_seed_is_another_split_and_a_longer_source_the_same() -> None:
    assert texts("held_out", seed=1) != texts("held_out")
    assert texts("held_out", of={**OF, "n": 800})[: len(texts("held_out"))] == texts("held_out")


@pytest.mark.parametrize(("share", "held_out"), [(0.0, 0), (1.0, 400)])
def test_all_or_nothing_can_be_held_out(share: float, held_out: int) -> None:
    assert len(texts("held_out", share=share)) == held_out
    assert len(texts("train", share=share)) == 400 - held_out


def test_an_evaluation_set_of_ones_own_is_held_out_and_kept_out(tmp_path: Path) -> None:
    apart = written(tmp_path / "eval.jsonl", [everything()[0].upper(), "Another?", everything()[1]])
    assert texts("held_out", apart_from=apart, limit=2) == [everything()[0].upper(), "Another?"]
    assert texts("train", apart_from=apart, limit=2) == everything()[2:]


def test_nothing_is_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def endless(config: simulated.Config) -> Any:
        for number in range(10**9):
            asked.append(number)
            yield Question(text=f"{number}?", gold="1")

    monkeypatch.setattr("factory.sources.simulated.questions", endless)
    # A registry of its own: the usual one may have loaded the source before, and would keep the endless one.
    monkeypatch.setattr(inner_source, "SOURCES", Registry("factory.sources", SourcePlugin, kind="a question source"))
    next(questions(Config(of={"kind": "simulated"}, share=0.5)))
    assert len(asked) < 50


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ({"part": "heldout"}, "part is 'heldout'. Did you mean 'held_out'"),
        ({"share": 1.5}, "share is 1.5, limit is 0: expected a share of 0 to 1"),
        ({"limit": -1}, "limit is -1: expected"),
        ({"of": {"kind": "jsonnl"}}, "'jsonnl' is not a question source. Did you mean 'jsonl'"),
        ({"of": {"kind": "jsonl", "pth": "x"}}, r"unknown config key 'source.of.pth'. Did you mean 'path'"),
        ({"of": {"knd": "jsonl"}}, r"unknown config key 'source.of.knd'. Did you mean 'kind'"),
        ({"of": {"kind": "simulated", "n": "many"}}, r"source.of.n: .*many"),
        ({"of": {"kind": "run", "verdict": "right"}}, r"source.of: .*verdict is 'right'"),
        ({"apart_from": {"kind": "csv", "pth": 1}}, r"unknown config key 'source.apart_from.pth'"),
    ],
)
def test_a_bad_section_is_one_line_that_names_the_key(section: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint) as refused:
        fill(Config, section, "source")
    assert "\n" not in str(refused.value)


def test_a_section_is_kept_complete_and_plain() -> None:
    config = fill(Config, {"of": {"kind": "procedural", "levels": ["add"]}}, "source")
    assert config.of == {"kind": "procedural", "n": 32, "levels": ["add"], "seed": 0}
    assert type(config.of["levels"]) is list
    again = OmegaConf.to_container(OmegaConf.create(OmegaConf.to_yaml(OmegaConf.structured(config))))
    assert fill(Config, again, "source") == config
