"""Solutions that were cut off go on where they stopped, and count as if they had never been."""

from __future__ import annotations

from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st
from support.fakes import RIGHT, WRONG, completion
from support.top_ups import (
    Scripted,
    by_text,
    done,
    prefixes,
    recipe,
    scripted_models,
)

from factory.answers.policy import AnswerPolicy
from factory.checkers import math_answer
from factory.errors import PromptTooLong
from factory.question_pipeline.continued import joined
from factory.question_pipeline.restored import CutOff, restored
from factory.records.validation import row_faults
from factory.rollouts.steps import split_steps
from factory.types import Completion, Question, Sampling, Verdict


class Judging(Scripted):
    """Scripted models whose answers `math_answer` judges."""

    def __init__(self, reply, config: math_answer.Config) -> None:
        super().__init__(reply)
        self._config = config

    async def check(self, question: Question, text: str) -> Verdict:
        return math_answer.check(question, text, self._config)


LONG = tuple(f"{letter}: first\nthen {letter}\nand so on\n{RIGHT if letter in 'ac' else WRONG}" for letter in "abcd")


@pytest.mark.parametrize("max_tokens", [16, 17])  # at the end of a step, inside one
async def test_cut_off_solutions_go_on_from_their_exact_text_and_become_what_they_would_have_been(
    max_tokens,
):
    question = Question(text="What is 2 + 2?", gold="4")
    short, long = recipe("scan", n=4, max_tokens=max_tokens), recipe("scan", n=4, max_tokens=500)
    row = await done(short, question, scripted_models(*LONG))
    assert {s["finish_reason"] for s in row["solutions"]} == {"length"}
    models = scripted_models(*LONG)
    again = await done(long, question, models, row)
    whole = await done(long, question, scripted_models(*LONG))
    cut = {s["text"]: s["occurrences"] for s in row["solutions"]}
    assert {request.prefix_text: request.n for request in models.requests[: len(cut)]} == cut
    names = ("solution_id", "text", "step_ends", "step_tokens", "verdict", "occurrences", "start_depth", "method")
    shown = [{name: s[name] for name in names} for s in again["solutions"] if s["method"] == "sample"]
    assert shown == [{name: s[name] for name in names} for s in whole["solutions"] if s["method"] == "sample"]
    assert [s["sampling"]["max_tokens"] for s in again["solutions"]] == [500] * len(again["solutions"])
    assert again["tree"][0]["requested"] == whole["tree"][0]["requested"] == 4
    assert again["tree"][0]["trials"] == 4


async def test_only_what_was_cut_off_goes_on_and_a_text_that_came_twice_goes_on_twice():
    question = Question(text="What is 2 + 2?", gold="4")
    cut = completion("a\nb", "length")
    row = await done(
        recipe("scan", n=4), question, Scripted(lambda prefix, n: [cut, f"c\n{RIGHT}", cut, f"a\n{RIGHT}"])
    )
    endings = iter([[f"ut\n{RIGHT}", f"it\n{RIGHT}"]])
    models = Scripted(lambda prefix, n: next(endings))
    again = await done(recipe("scan", n=4, max_tokens=600), question, models, row)
    assert models.asked == [("a\nb", 2)]
    texts = {s["text"]: s for s in again["solutions"]}
    assert list(texts) == [f"a\nbut\n{RIGHT}", f"a\nbit\n{RIGHT}", f"c\n{RIGHT}", f"a\n{RIGHT}"]
    assert texts[f"c\n{RIGHT}"] == row["solutions"][1]
    assert [step["text"] for step in texts[f"a\nbut\n{RIGHT}"]["steps"]] == ["a", "but", RIGHT]
    assert texts[f"a\nbut\n{RIGHT}"]["completion_tokens"] == len(f"a\nbut\n{RIGHT}")
    root, prefix = again["tree"][:2]
    assert (root["trials"], root["successes"]) == (4, 4)
    # The first that was cut off had opened it; the one that was whole and the second that was cut off came through.
    assert (prefix["text"], prefix["trials"], prefix["requested"]) == ("a\n", 2, 0)


@pytest.mark.parametrize("answer", [RIGHT, WRONG])
async def test_a_cut_off_probe_goes_on_from_where_it_was_asked_for_and_is_paid_as_a_label(answer):
    question = Question(text="What is 2 + 2?", gold="4")
    used = recipe("math_shepherd", n=2, k=1)
    script = {"": [f"a\nb\n{WRONG}", f"c\n{RIGHT}"], "a\n": [completion("mid", "length")]}
    row = await done(used, question, Scripted(lambda prefix, n: script.get(prefix, [WRONG])))
    models = Scripted(lambda prefix, n: [f"way\n{answer}"])
    again = await done(replace(used, sampling=recipe(max_tokens=600).sampling), question, models, row)
    assert models.asked == [("a\nmid", 1)]  # and if it is wrong, no labels are sought for it in turn
    prefix = next(node for node in again["tree"] if node["text"] == "a\n")
    assert (prefix["requested"], prefix["trials"], prefix["successes"]) == (1, 1, answer == RIGHT)
    assert again["cost"]["label_calls"] == row["cost"]["label_calls"] + 1
    assert by_text(again)[f"a\nmidway\n{answer}"]["start_depth"] == 1


async def test_a_solution_that_was_cut_off_behind_its_answer_counts_and_does_not_go_on():
    question = Question(text="What is 2 + 2?", gold="4")
    used = recipe("scan", n=2)
    accepts = math_answer.Config(policy=AnswerPolicy(cut_off_box="accept"))
    cut = [completion(f"so\nIt is \\boxed{{{answer}}}. Aga", "length") for answer in "45"]
    models = Judging(lambda prefix, n: cut if not prefix else [RIGHT] * n, accepts)
    row = await done(used, question, models)
    first, second = [one for one in row["solutions"] if one["method"] == "sample"]
    assert (first["finish_reason"], first["verdict"], first["first_error"]) == ("answered", "correct", -1)
    assert (second["finish_reason"], second["verdict"]) == ("answered", "incorrect")
    assert (row["tree"][0]["trials"], row["tree"][0]["successes"]) == (2, 1)
    assert not list(row_faults(row))
    again = await done(recipe("scan", n=2, max_tokens=600), question, Judging(lambda prefix, n: [], accepts), row)
    assert [one["text"] for one in again["solutions"]] == [one["text"] for one in row["solutions"]]
    assert [one["finish_reason"] for one in again["solutions"]] == [one["finish_reason"] for one in row["solutions"]]


async def test_a_solution_that_the_model_has_no_room_for_stays_as_it_was():
    question = Question(text="What is 2 + 2?", gold="4")

    def full(prefix: str, n: int) -> list[str]:
        raise PromptTooLong("no room")

    row = await done(recipe(n=2), question, Scripted(lambda prefix, n: [completion("a\nb", "length"), RIGHT]))
    again = await done(recipe(n=2, max_tokens=600), question, Scripted(full), row)
    assert again == row | {"effort": again["effort"]}


async def test_a_cut_off_solution_is_none_of_the_known_ways_before_it_has_ended():
    """Else a sample through it would count at a node that nothing finished has opened."""
    question = Question(text="What is 2 + 2?", gold="4")
    row = await done(recipe("scan", n=1), question, Scripted(lambda prefix, n: [completion("a\nb\nc", "length")]))
    found = restored(question, row, recipe("scan", max_tokens=600).effort)
    assert [node.text for node in found.tree.nodes] == [""]
    assert [cut.texts for cut in found.cut_off] == [("a\n", "b\n", "c")]


@pytest.mark.parametrize("separator", ["newline", "blank_line"])
@pytest.mark.parametrize("text", ["alpha\nbeta\n\ngamma\n\n\ndelta\n42", "\n\none\n\ntwo\n", "x\n \n\ny"])
def test_wherever_a_solution_was_cut_its_steps_become_those_of_the_whole(text, separator):
    whole = steps_of(completion(text), separator)
    for at in range(1, len(text)):
        there = steps_of(completion(text[:at]), separator)
        if "".join(there).strip() and text[at:].strip() and text[:at].endswith(" "):
            continue  # whether a token of its own or the next step's first is not known
        cut = CutOff(row={"start_depth": 0}, texts=there, tokens=tuple(map(len, there)), rank=0)
        steps, tokens = joined(cut, completion(text[at:]), separator)
        assert (at, tuple(step.text for step in steps)) == (at, whole)
        assert tokens == list(map(len, whole))
        assert all(len(step.token_ids) in (0, len(step.text)) for step in steps)
        assert [bool(step.token_ids) for step in steps] == [False] * len(there) + [True] * (len(whole) - len(there))


@pytest.mark.parametrize("separator", ["newline", "blank_line"])
def test_an_ending_without_token_ids_is_cut_by_its_characters(separator):
    whole = "alpha\nbeta\n\ngamma\n\n\ndelta"
    steps = steps_of(completion(whole), separator)
    for at in (3, 8, 14):
        there = steps_of(completion(whole[:at]), separator)
        cut = CutOff(row={"start_depth": 0}, texts=there, tokens=tuple(map(len, there)), rank=0)
        ending = Completion(text=whole[at:], token_ids=(), token_ends=(), finish_reason="stop", sampled_tokens=5)
        joined_steps, tokens = joined(cut, ending, separator)
        assert tuple(step.text for step in joined_steps) == steps
        assert tokens == [*map(len, there), *(0 for _ in steps[len(there) :])]
        assert not any(step.token_ids for step in joined_steps)


def steps_of(found, separator):
    return tuple(step.text for step in split_steps(found.text, found.token_ids, found.token_ends, separator))


WAYS = st.lists(
    st.tuples(st.lists(st.sampled_from("abc"), max_size=5), st.sampled_from([RIGHT, WRONG, "Nothing to see."])),
    min_size=2,
    max_size=6,
).map(lambda ways: ["\n".join([*steps, answer]) for steps, answer in ways])


@hypothesis.given(texts=WAYS, limits=st.tuples(st.integers(1, 12), st.integers(1, 12)))
@hypothesis.example(texts=[f"a\nb\nc\n{WRONG}", f"a\nb\n{RIGHT}"], limits=(3, 6))  # two met behind the cut
@hypothesis.example(texts=[f"a\n{RIGHT}", f"a\nb\nc\n{WRONG}", "a\nb\nNothing to see."], limits=(19, 21))
async def test_more_tokens_at_once_or_bit_by_bit_leave_what_there_would_be_from_the_start(texts, limits):
    short, middle = sorted((limits[0] + 1, limits[0] + limits[1] + 1))
    question = Question(text="What is 2 + 2?", gold="4")
    # Of those that were cut alike nobody knows which came when.
    texts = list({(text[:short], len(text) <= short and n): text for n, text in enumerate(texts)}.values())

    async def after(*max_tokens: int):
        row, known = None, 0
        for limit in max_tokens:
            used = replace(recipe("checked_steps", n=len(texts)), sampling=Sampling(max_tokens=limit))
            row = await done(used, question, Scripted(endings(known, limit)), row)
            known = limit
        return evidence(row)

    def endings(known: int, limit: int):
        def reply(prefix: str, n: int) -> list[Completion]:
            cut = [text for text in texts if text.startswith(prefix) and (not prefix or len(text) > known)]
            assert not prefix or len(prefix) == known
            return [completion(text[known:limit], "length" if len(text) > limit else "stop") for text in cut]

        return reply

    at_once = await after(short, 99)
    assert at_once == await after(short, middle, 99)
    assert at_once == await after(99)


def evidence(row):
    """The counts of every node by its text, and what of every solution hangs on the order in which they came."""
    names = ("trials", "successes", "requested", "asked", "asked_successes", "came", "came_successes")
    nodes = {text: [node[name] for name in names] for text, node in prefixes(row).items()}
    solutions = [(s["text"], s["step_ends"], s["counted_at"], s["occurrences"], s["verdict"]) for s in row["solutions"]]
    return nodes, solutions


async def test_an_ending_does_not_count_at_a_node_it_opened_though_an_unparsable_one_came_through_since():
    question = Question(text="What is 2 + 2?", gold="4")
    used = recipe("checked_steps", n=2)
    first = Scripted(lambda prefix, n: [completion("a\nmid", "length"), "a\nnothing to see"])
    row = await done(used, question, first)
    longer = replace(used, sampling=recipe(max_tokens=600).sampling)
    again = await done(longer, question, Scripted(lambda prefix, n: [f"way\n{WRONG}"]), row)
    assert [(node["text"], node["trials"]) for node in again["tree"]] == [("", 1)]
    assert [s["counted_at"] for s in again["solutions"]] == [0, None]
