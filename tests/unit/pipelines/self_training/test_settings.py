"""Settings of the ordinary runs that a STaR run is made of: where each lies, what it asks and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from support.rounds import star_settings

from actors.contracts.trainers import TRAINERS
from factory.errors import BadInput
from pipelines.run.contract import Plug
from pipelines.run.settings import Settings
from pipelines.self_training.checks import gpus_of
from pipelines.self_training.star_runs import (
    held_out_runs,
    parts,
    rationalising_run,
    sampling_run,
    training_folder,
    weights_folder,
)
from pipelines.self_training.star_settings import StarSettings, of

BASE = Path("models/base")
RUN = Path("/runs/star")


def found(**sections: dict[str, Any]) -> StarSettings:
    return of(star_settings(RUN, BASE, **sections))


def test_a_run_that_was_moved_has_the_same_parts() -> None:
    here, there = (parts(of(star_settings(Path(folder), BASE))) for folder in ("/a/run", "/b/c/run"))
    assert [part.fingerprint for part in here] == [part.fingerprint for part in there]
    assert len({part.fingerprint for part in here}) == len(here)


def test_a_reward_model_cannot_answer_the_next_round() -> None:
    settings, trainer = star_settings(RUN, BASE), TRAINERS.load("prm")
    own = {**settings.own, "trainer": Plug("prm", trainer, trainer.Config())}
    with pytest.raises(BadInput, match=r"trainer\.kind is prm"):
        of(replace(settings, own=own))


def test_a_budget_of_gpu_hours_counts_all_engines_of_a_range() -> None:
    engine = {"kind": "vllm", "num_gpus": 1}
    sizes: list[Any] = [2, {"min": 1, "max": 2}]
    assert [gpus_of(found(engine=engine, cluster={"generators": size})) for size in sizes] == [2, 2]


def held_out(ours: StarSettings, round_: int | None = 0, trained: bool = True) -> tuple[Settings, ...]:
    return held_out_runs(ours, round_, "student", "m", trained)


PARTS: dict[str, Callable[[StarSettings, int], Settings]] = {
    "sample": lambda ours, round_: sampling_run(ours, round_, "m", True),
    "rationalise": lambda ours, round_: rationalising_run(ours, round_, "m"),
    "greedy": lambda ours, round_: held_out(ours, round_)[0],
    "sampled": lambda ours, round_: held_out(ours, round_)[1],
}
every_part = pytest.mark.parametrize("name", PARTS)


def all_parts(ours: StarSettings, rounds: int = 3) -> list[Settings]:
    later = [part(ours, round_) for round_ in range(rounds) for part in PARTS.values()]
    return [*held_out(ours, None, trained=False), *later, *held_out_runs(ours, 0, "teacher", "t", True)]


@every_part
def test_a_part_is_an_ordinary_run_in_a_folder_of_its_round(name: str) -> None:
    part = PARTS[name](found(), 2)
    assert part.pipeline == "label_steps"
    assert part.own == {}
    assert part.run.dir == f"{RUN}/round_2/{name}"
    assert part.run.round == 2


def test_what_was_asked_before_the_first_round_lies_apart() -> None:
    assert [part.run.dir for part in held_out(found(), None, trained=False)] == [
        f"{RUN}/before/greedy",
        f"{RUN}/before/sampled",
    ]


def test_no_two_parts_share_a_folder_or_a_seed() -> None:
    every = all_parts(found(teacher={"mode": "turns", "model": "t"}))
    assert len({part.run.dir for part in every}) == len({part.run.seed for part in every}) == len(every)


@every_part
def test_another_seed_of_the_run_is_another_seed_of_every_part(name: str) -> None:
    seeds = {PARTS[name](found(run={"seed": seed}), 0).run.seed for seed in range(5)}
    assert len(seeds) == 5


@every_part
def test_the_seed_of_a_part_has_nothing_to_do_with_where_the_run_lies(name: str) -> None:
    there = of(star_settings(Path("/elsewhere/run"), BASE))
    assert PARTS[name](found(), 1).run.seed == PARTS[name](there, 1).run.seed


@every_part
def test_a_part_keeps_what_it_does_not_change(name: str) -> None:
    ours = found(run={"unit_size": 5}, sampling={"max_tokens": 77, "top_p": 0.9}, cluster={"generators": 3})
    part = PARTS[name](ours, 0)
    assert (part.run.unit_size, part.sampling.max_tokens, part.sampling.top_p) == (5, 77, 0.9)
    assert part.cluster == ours.base.cluster
    assert part.plain["engine"] == ours.base.plain["engine"]
    assert part.plain["checker"] == ours.base.plain["checker"]


@every_part
def test_the_secrets_of_the_storage_reach_a_part_and_are_written_nowhere(name: str) -> None:
    storage = {"key": "id", "secret": "s3cr3t", "token": "t0k3n", "endpoint_url": "http://here:1"}
    ours = found(storage=storage)
    part = PARTS[name](ours, 0)
    assert part.storage == ours.base.storage
    assert (part.storage.key, part.storage.secret, part.storage.token) == ("id", "s3cr3t", "t0k3n")
    assert "s3cr3t" not in str(part.plain)
    assert "t0k3n" not in str(part.plain)


@pytest.mark.parametrize("model", ["smollm2-135m", "runs/star/round_0/model"])
def test_a_part_names_the_model_it_asks(model: str) -> None:
    ours = found()
    asked = [sampling_run(ours, 1, model, True), rationalising_run(ours, 1, model)]
    asked += held_out_runs(ours, 0, "student", model, True)
    assert {part.model for part in asked} == {model}


def test_weights_and_training_data_lie_in_their_round() -> None:
    assert weights_folder(found(), 1) == f"{RUN}/round_1/model"
    assert training_folder(1) == "round_1/train"


@pytest.mark.parametrize(("trained", "template"), [(False, "zero_shot_cot"), (True, "bare")])
def test_a_trained_model_is_asked_as_it_was_trained(trained: bool, template: str) -> None:
    asked = [sampling_run(found(), 0, "m", trained), *held_out(found(), 0, trained)]
    assert {part.prompt.template for part in asked} == {template}


def test_rationales_are_asked_for_with_the_hint_in_the_style_of_the_run() -> None:
    ours = found(
        prompt={"style": "chat", "separator": "blank_line"},
        trained_prompt={"style": "chat"},
        rationalise={"template": "hinted_add_subtract", "n": 3, "temperature": 1.1},
    )
    part = rationalising_run(ours, 1, "m")
    assert asdict(part.prompt) == {"template": "hinted_add_subtract", "style": "chat", "separator": "blank_line"}
    assert (part.search.name, part.search.config.n, part.sampling.temperature) == ("sample", 3, 1.1)


def test_only_what_the_rounds_own_samples_left_unsolved_is_rationalised() -> None:
    part = rationalising_run(found(), 1, "m")
    assert part.source.name == "unsolved"
    assert part.source.config.path == f"{RUN}/round_1/sample"


def test_greedy_is_one_answer_at_temperature_zero_and_pass_at_k_has_k_samples() -> None:
    greedy, sampled = held_out(found(held_out={"k": 5, "temperature": 0.9}, search={"n": 4}))
    assert (greedy.search.config.n, greedy.sampling.temperature) == (1, 0.0)
    assert (sampled.search.config.n, sampled.sampling.temperature) == (5, 0.9)
    assert {greedy.search.name, sampled.search.name} == {"sample"}


@pytest.mark.parametrize("method", ["bayes_bisection", "omegaprm", "none"])
def test_training_samples_are_labelled_as_asked_and_held_out_ones_never(method: str) -> None:
    ours = found(supervision={"method": method})
    assert sampling_run(ours, 0, "m", False).supervision.name == method
    assert {part.supervision.name for part in held_out(ours)} == {"none"}


def test_training_and_held_out_questions_are_two_sides_of_one_split() -> None:
    ours = found(held_out={"share": 0.3, "limit": 4}, run={"seed": 7})
    part = sampling_run(ours, 0, "m", False)
    training = [question.text for question in part.source.plugin.questions(part.source.config)]
    asked = [
        [question.text for question in one.source.plugin.questions(one.source.config)]
        for round_ in (None, 0, 1)
        for one in held_out(ours, round_)
    ]
    assert all(one == asked[0] for one in asked)
    assert len(asked[0]) == 4
    assert training
    assert not set(training) & set(asked[0])
    assert part.source.config.seed == 7


def test_a_held_out_source_of_its_own_is_asked_and_taken_out_of_the_training_questions(tmp_path: Path) -> None:
    every = [question.text for question in _questions(found().base)]
    (tmp_path / "own.jsonl").write_text("".join(f'{{"question": "{text}", "answer": "1"}}\n' for text in every[:3]))
    ours = found(held_out={"source": {"kind": "jsonl", "path": str(tmp_path / "own.jsonl")}})
    assert [question.text for question in _questions(held_out(ours)[0])] == every[:3]
    assert [question.text for question in _questions(sampling_run(ours, 0, "m", False))] == every[3:]


def _questions(settings: Settings) -> Any:
    return settings.source.plugin.questions(settings.source.config)


def test_a_teachers_evaluation_lies_beside_the_students() -> None:
    asked = held_out_runs(found(teacher={"mode": "turns", "model": "t"}), None, "teacher", "t", False)
    assert [part.run.dir for part in asked] == [f"{RUN}/before/greedy_teacher", f"{RUN}/before/sampled_teacher"]


@pytest.mark.parametrize(
    ("sections", "asks"),
    [
        ({}, True),
        ({"rationalise": {"enabled": False}}, False),
        ({"keep": {"method": "rft"}}, False),
        ({"keep": {"method": "star"}}, True),
    ],
)
def test_hints_are_given_where_they_are_wanted_and_used(sections: dict[str, Any], asks: bool) -> None:
    assert found(**sections).rationalises == asks


def test_one_model_reads_one_prompt_style_and_two_models_may_read_two() -> None:
    styles = {"prompt": {"style": "chat"}, "trained_prompt": {"style": "raw"}}
    with pytest.raises(BadInput, match=r"prompt\.style is chat, trained_prompt\.style is raw"):
        found(**styles)
    assert found(**styles, teacher={"mode": "teacher", "model": "t"}).trained_prompt.style == "raw"


@pytest.mark.parametrize(
    ("section", "template"), [("prompt", "hinted_cot"), ("trained_prompt", "hinted_cot"), ("rationalise", "bare")]
)
def test_only_who_is_asked_for_a_rationale_is_told_the_answer_and_he_is(section: str, template: str) -> None:
    with pytest.raises(BadInput, match=rf"{section}\.template is {template}"):
        parts(found(**{section: {"template": template}}))


@pytest.mark.parametrize("sections", [{"rationalise": {"enabled": False}}, {"keep": {"method": "rft"}}])
def test_a_prompt_without_a_hint_is_fine_where_nobody_is_asked_for_rationales(sections: dict[str, Any]) -> None:
    asked = {"template": "bare", **sections.get("rationalise", {})}
    assert not any("rationalise" in part.run.dir for part in parts(found(**{**sections, "rationalise": asked})))


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        ({"held_out": {"source": {"kind": "jsnl"}}}, "'jsonl'"),
        ({"held_out": {"source": {"kind": "jsonl", "pth": "x"}}}, "'path'"),
        ({"trained_prompt": {"separator": "("}}, "separator"),
    ],
)
def test_what_a_later_part_could_not_be_is_known_before_the_first(sections: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        parts(found(**sections))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("teacher", "sampler"), [({}, str(BASE)), ({"mode": "teacher", "model": "t"}, "t")])
def test_the_parts_of_the_first_round_are_asked_of_the_models_as_they_came(
    teacher: dict[str, str], sampler: str
) -> None:
    asked = {part.run.dir.removeprefix(f"{RUN}/"): part.model for part in parts(found(teacher=teacher))}
    trained = f"{RUN}/round_0/model"
    assert asked == {
        "before/greedy": str(BASE),
        "before/sampled": str(BASE),
        "round_0/sample": sampler,
        "round_0/rationalise": sampler,
        "round_0/greedy": trained,
        "round_0/sampled": trained,
    }


def test_a_part_is_the_same_run_from_wherever_it_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prints = []
    for folder in (Path("star"), tmp_path / "star"):
        ours = of(star_settings(folder, BASE))
        asked = [sampling_run(ours, 1, weights_folder(ours, 0), True), rationalising_run(ours, 1, "m")]
        prints.append([part.fingerprint for part in asked])
    assert prints[0] == prints[1]


def test_a_student_of_another_style_than_its_teacher_never_reads_the_teachers_prompt() -> None:
    ours = found(prompt={"style": "chat"}, trained_prompt={"style": "raw"}, teacher={"mode": "teacher", "model": "t"})
    assert {part.prompt.style for part in held_out(ours, None, trained=False)} == {"raw"}
    assert sampling_run(ours, 0, "t", False).prompt.style == "chat"
