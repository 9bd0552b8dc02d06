"""Ways to state a value: each is read, and no way of stating another value, half of it or more than it is right."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from factory.checkers.math_answer import Config, check
from factory.readers.gold import read_gold
from factory.types import Question

values = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.fractions(-50, 50, max_denominator=40).map(str),
    st.decimals(-1000, 1000, places=2, allow_nan=False).map(str),
)


def outcome(gold: str, text: str) -> str:
    return str(check(Question(text="", gold=gold), text, Config()).outcome)


def same(one: str, other: str) -> bool:
    return Fraction(one) == Fraction(other)


def changed(value: str, how: int) -> str:
    number = Fraction(value)
    return str([number + 1, -number - 1, number * 10 + 1, number + Fraction(1, 7)][how])


SPELLINGS = ["{}", "${}$", r"\text{{{}}}", " {} ", "**{}**", "'{}'", '"{}"', "“{}”", r"\({}\)", "$ {} $", "{}.", "*{}*"]
spelled = st.sampled_from(SPELLINGS)
hows = st.integers(0, 3)

GAPS = [
    r", ", r" and ", r",\quad", r"$ \quad \text{and} \quad $", r"\ ", r"\,", r"\qquad", "; ", r" \text{ and } ",
    "$ and $",
    ", for part (b), ", " (b) ", ". Part (b): ", "\n(b) ", "\n- ", " & ", " as well as ", "、", " und ",
    r"\] and \[", "\n2. ",
    " for part (a) and ", "$ and $y = ", " and the other is ", ". Case 2: ",
]  # fmt: skip
BETWEEN = [
    ". Then we go on to find ", ", so it is ", ", but in fact ", "\nStep 2: the next is ", r" \implies ", ", no, ",
    " is what comes first. In the end we have ",
]  # fmt: skip


@given(values, values, st.sampled_from(GAPS), hows)
def test_two_boxes_side_by_side_are_both_of_the_answer(one: str, other: str, gap: str, how: int) -> None:
    assume(not same(one, other))
    text = rf"The values are \boxed{{{one}}}{gap}\boxed{{{other}}}"
    for gold in (f"{one}, {other}", f"{other}, {one}", f"{one} and {other}", f"${other}$, ${one}$"):
        assert outcome(gold, text) == "correct"
    # Half an answer, a changed one, one more.
    for wrong in (one, other, f"{one}, {changed(other, how)}", f"{one}, {other}, {changed(other, how)}"):
        if wrong in (one, other) or not same(changed(other, how), one):
            assert outcome(wrong, text) != "correct"
    # The gold of a reference solution is read by the same rules.
    assert outcome(read_gold(text, "math", "row 1"), text) == "correct"
    assert outcome(read_gold(text, "math", "row 1"), rf"\boxed{{{other}}}") != "correct"


@given(values, values, st.sampled_from(BETWEEN))
def test_two_boxes_with_words_between_are_two_answers_and_the_last_counts(one: str, other: str, between: str) -> None:
    assume(not same(one, other))
    text = rf"We get \boxed{{{one}}}{between}\boxed{{{other}}}"
    assert outcome(other, text) == "correct"
    assert outcome(one, text) != "correct"
    assert outcome(f"{one}, {other}", text) != "correct"


PHRASES = [
    "The answer is {}", "Answer: {}", "答案是{}。", "最终答案：{}", "答えは{}です。", "정답은 {}입니다.",
    "Die Antwort lautet {}",
    "Antwort: {}",
    "La respuesta es {}", "La réponse est donc {}", "A resposta é {}", "La risposta è {}", "Ответ: {}", "[Answer: {}]",
    "(Final answer: {})", "#### {}", r"\boxed{{{}}}", r"\fbox{{{}}}", r"\framebox{{{}}}", r"\boxed{{{}\}}",
    "<answer>{}</answer>",
    "So \\boxed{{{}}}. I put my answer in \\boxed{{}}.", "Write it in \\boxed{{your answer}}.\nThe answer is {}",
]  # fmt: skip
TAILS = [
    "", ".", "</s>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>\n\nUser: the answer is 777777777", "<end_of_turn>",
    "\n<|end|>\n",
    "<｜end▁of▁sentence｜>", "</s></s>", ".<|im_end|>\n<|im_start|>user\nIt is \\boxed{777777777}",
]  # fmt: skip


@given(values, st.sampled_from(PHRASES), spelled, st.sampled_from(TAILS), hows)
def test_a_value_is_read_in_any_phrase_spelling_and_before_any_token(
    value: str, phrase: str, spelling: str, tail: str, how: int
) -> None:
    stated = spelling.format(value)
    # A stop in front of the words that end a Japanese or Korean sentence is no text, nor is a brace behind a command.
    assume(not (stated.endswith(".") and ("です" in phrase or "입니다" in phrase)))
    assume(not (r"\}" in phrase and not stated[-1].isdigit()))
    text = f"1 + 1 = 2 and so on.\n{phrase.format(stated)}{tail}"
    assert outcome(value, text) == "correct"
    assert outcome(changed(value, how), text) != "correct"
    assert outcome("777777777", text) != "correct"


@given(
    values,
    st.sampled_from(PHRASES[:13]),
    st.sampled_from([" or 5", " oder 5", "或5", " % 3", "x", "^2", "/7", "</s>7", ", 5"]),
)
def test_a_value_with_more_behind_it_is_never_right(value: str, phrase: str, more: str) -> None:
    assume(abs(Fraction(value)) > 2)
    assert outcome(value, phrase.format(value + more)) != "correct"


@given(st.lists(values, min_size=2, max_size=4, unique_by=Fraction), st.sampled_from([", ", "; ", " and ", ";"]), hows)
def test_items_between_signs_of_dollar_are_the_items(items: list[str], gap: str, how: int) -> None:
    written = gap.join(f"${item}$" for item in items)
    assert outcome(", ".join(items), rf"\boxed{{{written}}}") == "correct"
    assert outcome(written, rf"\boxed{{{', '.join(items)}}}") == "correct"
    assert outcome(items[0], rf"\boxed{{{written}}}") != "correct"
    wrong = [changed(items[0], how), *items[1:]]
    if len(set(map(Fraction, [*wrong, *items]))) > len(items):
        assert outcome(written, rf"\boxed{{{', '.join(wrong)}}}") != "correct"
    assert outcome(written, rf"\boxed{{{', '.join(items[1:])}}}") != "correct"


@given(values, st.sampled_from(["apples", "of them", "days in all", r"\text{ litres}"]))
def test_a_value_between_signs_of_dollar_may_have_words_behind_it(value: str, words: str) -> None:
    assert outcome(value, f"The answer is ${value}$ {words}.") == outcome(value, f"The answer is {value} {words}.")


@given(st.sampled_from("ABCD"), st.sampled_from("ABCD"), values)
def test_a_letter_behind_a_box_with_a_step_is_the_choice(letter: str, other: str, value: str) -> None:
    text = rf"The largest is \boxed{{{value}}}, which is option {other}." f"\n\n**Answer: {letter}**"
    assert outcome(letter, text) == "correct"
    for gold in {*"ABCD"} - {letter}:
        assert outcome(gold, text) != "correct"


HARMLESS = [
    " Double-checking, {0} = {0}, so this is right.", " However, note that units are cm.",
    "\nI double-checked and it is correct.",
    " However, this doesn't change the answer.", " Let me double-check: 1 + {1} = {0}.",
]  # fmt: skip
DOUBTS = [
    " Double-checking, 1 + 1 = {2}.", " However, {2} fits, too.", " However, note that {2} is a solution.",
    " Wait, {2}.",
    " Double-checking, it should be {2}.", " However, the other answer is correct.",
]  # fmt: skip


@given(st.integers(-(10**6), 10**6), st.sampled_from(HARMLESS), st.sampled_from(DOUBTS))
def test_remarks_leave_an_answer_and_doubts_do_not(value: int, harmless: str, doubt: str) -> None:
    text = f"The answer is {value}."
    assert outcome(str(value), text + harmless.format(value, value - 1, value + 1)) == "correct"
    assert outcome(str(value), text + doubt.format(value, value - 1, value + 1)) == "unparsable"
    assert outcome(str(value + 1), text + doubt.format(value, value - 1, value + 1)) != "correct"
