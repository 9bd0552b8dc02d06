"""Phrases that state an answer in many languages, and those that do not."""

from __future__ import annotations

import pytest

from factory.answers.extraction.extract import final_answer


def extract(text: str, *phrases: str) -> str | None:
    return final_answer(text, tail_chars=16_000, phrases=phrases)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "所以答案是12。",
            "答案：12",
            "答案为12",
            "最终答案是 12。",
            "**答案：** 12",
            "### 答案\n12",
            "答：12",
            "正确答案应该是12。",
        ],
        *[
            "答えは12です。",
            "答えは12",
            "したがって、答えは 12 になります。",
            "解答：12",
            "정답은 12입니다.",
            "답: 12",
            "따라서 답은 12이다.",
        ],
        *[
            "Die Antwort ist 12.",
            "Die Antwort lautet: 12",
            "Antwort: 12",
            "**Antwort**\n\n12",
            "Die richtige Antwort ist also 12.",
        ],
        *[
            "La respuesta es 12.",
            "Respuesta: 12",
            "La respuesta final es: 12",
            "**Respuesta:** 12",
            "La réponse est 12.",
        ],
        *["Réponse : 12", "La bonne réponse est donc 12.", "A resposta é 12.", "Resposta: 12", "La risposta è 12."],
        *["Ответ: 12", "Ответ: 12.", "Правильный ответ — 12", "Het antwoord is 12.", "Odpowiedź: 12", "Cevap: 12"],
        *["Svaret är 12", "Đáp án là 12", "Câu trả lời là 12", "Jawaban: 12", "الجواب هو 12", "उत्तर: 12", "คำตอบคือ 12"],
        *[
            "Η απάντηση είναι 12",
            "Răspunsul este 12",
            "Відповідь: 12",
            "Odpověď je 12",
            "Vastaus on 12",
            "התשובה היא 12",
        ],
    ],
)
def test_the_answer_behind_the_phrase_of_a_language_is_read(text: str) -> None:
    assert extract(text) == "12"
    assert extract(f"3 + 9 = 12, 1 + 1 = 2\n{text}") == "12"
    assert extract(text.replace("12", "$12$")) == "$12$"


@pytest.mark.parametrize(
    "text",
    ["故选C。", "故选：C", "因此，正确答案是C。", "Antwort: C", "La respuesta correcta es C.", "정답은 C입니다."],
)
def test_a_choice_may_be_the_answer(text: str) -> None:
    assert extract(text) == "C"


@pytest.mark.parametrize(
    "text",
    [
        *[
            "错误的答案是12",
            "如果答案是12，那么",
            "答案不是12",
            "不正确的答案是12",
            "間違った答えは12です",
            "오답은 12입니다",
            "틀린 답은 12입니다",
        ],
        *[
            "Die falsche Antwort ist 12.",
            "Wenn die Antwort ist 12",
            "La respuesta incorrecta es 12.",
            "La respuesta no es 12.",
        ],
        *[
            "La mauvaise réponse est 12.",
            "La réponse n'est pas 12.",
            "неправильный ответ: 12",
            "Ответ не 12",
            "Si la respuesta es 12",
        ],
        *["I like the Antwortzeit: 12", "回答问题", "选择一个数", "答案", "Antwort", "他选了12个"],
    ],
)
def test_a_wrong_a_denied_or_a_supposed_answer_is_not_stated(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *[
            "答案是12。等等，应该是13。",
            "答えは12です。いや、13です。",
            "정답은 12입니다. 아니, 13입니다.",
            "Ответ: 12. Нет, ошибка.",
        ],
        *[
            "Die Antwort ist 12. Moment, das ist falsch.",
            "La respuesta es 12. Espera, es 13.",
            "La réponse est 12. Pardon, 13.",
        ],
        *["\\boxed{12}。答案是13。", "\\boxed{12}。等等，不对。", "#### 12\nDie Antwort ist 13."],
    ],
)
def test_an_answer_may_be_taken_back_in_any_language(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Die Antwort ist 3 und 5.", "3 and 5"),
        ("La respuesta es $3$ y $-5$.", "$3$ and $-5$"),
        ("La réponse est x=3 ou x=5.", "x=3 or x=5"),
        ("答案是3和5。", "3 and 5"),
        ("答えは3または5です。", "3 or 5"),
        ("Ответ: 3 или 5", "3 or 5"),
        ("Die Antwort ist Hund und Katze.", "Hund und Katze"),
    ],
)
def test_the_words_between_two_values_are_put_into_english(text: str, answer: str) -> None:
    assert extract(text) == answer


def test_the_last_statement_counts_and_praise_is_none() -> None:
    assert extract("Die Antwort ist 11.\nDie Antwort ist 12.") == "12"
    assert extract("La respuesta es 12. La respuesta es correcta.") == "12"
    assert extract("答案是12。这个答案是正确的。") == "12"
    assert extract("\\boxed{12}。所以答案是12。") == "12"


def test_a_phrase_of_ones_own_is_read_literally_in_any_case() -> None:
    assert extract("Ergo numerus est  XII.", "numerus est") == "XII"
    assert extract("TOTAL (a+b):\n12", "Total (a+b):") == "12"
    assert extract("最后结果是12。", "结果是") == "12"
    assert extract("subtotal: 12", "total:") is None
    assert extract("so the total is 12", "total:", " ") is None
    assert extract("The answer is 11. Result: 12", "result") == "12"
