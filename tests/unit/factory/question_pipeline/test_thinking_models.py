"""Reasoning models from sampling to training data: every family's outputs, the thoughts where they belong."""

from collections import Counter
from dataclasses import replace

import pytest
from support.fakes import FakeModels
from support.thinking import FAMILIES, QUESTION, RIGHT, THOUGHT, WRONG, Thinker, used
from support.top_ups import attempted, done, recipe

from factory.contracts.formats import FORMATS
from factory.errors import BadInput
from factory.export.filter import Filter
from factory.question_pipeline.restored import restored
from factory.records.thought_fields import whole_text
from factory.records.validation import row_faults
from factory.rollouts.prompting import load_prompt
from factory.rollouts.step_rule import StepRule
from factory.supervision import bayes_bisection
from factory.types import POLICY


async def row_of(family, **steps):
    models = Thinker(family)
    return await done(used(**steps), QUESTION, models), models


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_answers_alone_are_checked_and_records_keep_thoughts_apart(family):
    row, models = await row_of(family)
    assert not list(row_faults(row))
    assert not [text for text in models.checked if "2 + 2 = 4" in text]
    verdicts = {(one["text"], one["verdict"]) for one in row["solutions"] if one["method"] == "sample"}
    assert verdicts == {(RIGHT, "correct"), (WRONG, "incorrect"), ("", "unparsable")}
    assert {one["reasoning"].strip() for one in row["solutions"] if one["method"] == "sample"} == {THOUGHT}
    written = {family.written(THOUGHT, answer) for answer in (RIGHT, WRONG)}
    assert written <= {whole_text(one) for one in row["solutions"]}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_a_thought_without_an_answer_is_no_label(family):
    row, _ = await row_of(family)
    for one in row["solutions"]:
        if one["verdict"] == "unparsable":
            assert not any(step["label"] for step in one["steps"])


@pytest.mark.parametrize(("of", "steps"), [("whole", 4), ("answer", 3), ("reasoning", 3)])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_steps_of_the_wanted_part_are_labelled(family, of, steps):
    row, _ = await row_of(family, of=of)
    [right] = [one for one in row["solutions"] if one["text"] == RIGHT and one["method"] == "sample"]
    assert len(right["steps"]) == steps
    assert {step["label"] for step in right["steps"]} == {1}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_a_question_is_taken_up_again_with_its_thoughts(family):
    row, _ = await row_of(family)
    more = replace(used(), search_config=type(used().search_config)(n=12))
    again = await attempted(more, QUESTION, Thinker(family), row)
    texts = {solution.text for solution in again.tree.solutions}
    assert {whole_text(one) for one in row["solutions"]} <= texts


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_a_question_that_is_taken_up_again_knows_whether_its_prompt_opens_a_thought(family):
    row, _ = await row_of(family)
    tree = restored(QUESTION, row, used().effort).tree
    assert tree.begun is family.in_prompt
    assert {one.begun for one in tree.solutions} == {family.in_prompt}


async def test_given_solutions_and_stray_marks_do_not_say_that_the_prompt_opens_a_thought():
    question = replace(QUESTION, given=(f"Hm.\n</think>\n\n{RIGHT}",))
    for family in FAMILIES[:2]:
        row = await done(used(), question, Thinker(family))
        assert restored(question, row, used().effort).tree.begun is family.in_prompt
    stray = FakeModels(lambda prefix, n: [RIGHT, f"Hm.</think> {RIGHT}"][:n])
    row = await done(recipe("none", n=2), QUESTION, stray)
    assert not restored(QUESTION, row, recipe("none", n=2).effort).tree.begun


class WithAnother(Thinker):
    """Thinker whose completer is of another family."""

    async def generate(self, request, role=POLICY):
        return [replace(one, begun=one.begun and role == POLICY) for one in await super().generate(request, role)]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_a_completer_that_cannot_continue_thoughts_which_the_prompt_has_opened_is_refused(family):
    with_completer = replace(used(), supervision_config=bayes_bisection.Config(completer="other"))
    chat = replace(with_completer, template=load_prompt("bare", "chat"))
    if not family.in_prompt:
        assert (await attempted(chat, QUESTION, WithAnother(family))).tree.solutions
        return
    with pytest.raises(BadInput, match=r"completer \(models.other\) does not"):
        await attempted(chat, QUESTION, WithAnother(family))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_training_data_hold_the_thoughts_as_the_model_wrote_them(family):
    row, _ = await row_of(family)
    view = FORMATS.load("prompt_completion")
    completions = {one["completion"] for one in view.rows(row) if one["method"] == "sample"}
    assert completions == {f"\n\n{family.written(THOUGHT, RIGHT)}"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_training_data_have_the_thoughts_in_a_field_of_their_own_or_not_at_all(family):
    row, _ = await row_of(family)
    messages = [one["messages"][-1] for one in FORMATS.load("sft_reasoning").rows(row)]
    assert {(one["content"], one["reasoning_content"]) for one in messages} == {(RIGHT, THOUGHT)}
    [record] = Filter(without_reasoning=True).apply(row, Counter()).values()
    assert {one["messages"][-1]["content"] for one in FORMATS.load("sft").rows(record)} == {RIGHT}
    assert not [one for one in FORMATS.load("sft_reasoning").rows(record) if one["messages"][-1]["reasoning_content"]]


async def test_equal_answers_behind_other_thoughts_are_equal_texts_only_without_them():
    row, _ = await row_of(FAMILIES[0])
    [right] = [one for one in row["solutions"] if one["text"] == RIGHT and one["method"] == "sample"]
    other = {**right, "reasoning": "Two and two.", "solution_id": "other"}
    both = {**row, "solutions": [right, other]}
    for options, left in (({}, 2), ({"without_reasoning": True}, 1)):
        [record] = Filter(**options).apply(both, Counter()).values()
        assert len(record["solutions"]) == left


async def test_a_thought_of_2000_paragraphs_is_cut_labelled_and_written():
    """Some 30,000 tokens; the work is counted by `test_twice_the_text_is_twice_the_work`."""
    long = "\n\n".join(f"Paragraph {n}: {n} + 1 = {n + 1}, so it goes on like this for a while." for n in range(2000))
    whole = [FAMILIES[0].written(long, answer) for answer in (RIGHT, WRONG)]
    models = FakeModels(lambda prefix, n: [whole[at % 2][len(prefix) :] for at in range(n)])
    row = await done(
        replace(recipe(n=2, max_tokens=1_000_000), steps=StepRule(separator="paragraphs")), QUESTION, models
    )
    assert not list(row_faults(row))
    sampled = [one for one in row["solutions"] if one["method"] == "sample"]
    assert {(one["verdict"], len(one["steps"]) <= 64) for one in sampled} == {("correct", True), ("incorrect", True)}
    assert {one["reasoning"] for one in sampled} == {long}
