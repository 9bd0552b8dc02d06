"""Reader of lines and sentences that state a final answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from factory.answers.extraction.phrases import in_english, last_heading, stated_phrases

# Runs are bounded: unbounded ones take seconds on a few thousand blanks, and nothing could stop them.
_A_LINE = re.compile(r"^[ \t]*A:[ \t]*(?P<answer>\S.*)$", re.MULTILINE)
_B_LINE = re.compile(r"^[ \t]*B:", re.MULTILINE)
_ANSWER_IS = re.compile(
    r"\banswer\b(?:[ \t]{1,9}to[ \t]{1,9}(?:the|this|your)[ \t]{1,9}(?:question|problem|exercise|task)\b)?"
    r"(?:[ \t*]{0,9}:[ \t*]{0,9}\s?|[ \t*]{1,9}(?:is|equals)\b(?:[ \t*]{0,9}:\s{0,9})?)[ \t*:]{0,9}"
    r"(?:(?:therefore|thus|hence|then|indeed|simply|clearly|just|exactly|precisely|equal[ \t]to)\b,?[ \t]{1,9})?"
    r"(?:\s{0,9}```[a-z]{0,12}\s{1,3})?(?:\s{0,9}(?=\\\[|\$|[-+]?[\d.])|(?=\S))",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^[ \t]{0,9}(?:#{1,6}[ \t]{0,9}\*{0,2}|\*\*)(?:the[ \t]{1,9})?(?:final[ \t]{1,9})?answer:?\*{0,2}:?"
    r"[ \t]{0,9}\n\s{0,9}(?=\S)",
    re.IGNORECASE | re.MULTILINE,
)
_DISPLAY = re.compile(r"(?:\\\[|\$\$)\s{0,9}(?P<answer>[^\n]{1,200}?)\s{0,9}(?:\\\]|\$\$)\.?")
_NO_STATEMENT = re.compile(
    r"(?:\b(?:wrong|incorrect|na[iï]ve|previous|earlier|former|old|initial|tentative|preliminary|intermediate|partial|"
    r"mistaken|erroneous|false|tempting|trap)\b[\s*\"'-]{1,4}"
    r"(?:(?!(?:the|my|our|an?|so)\b)[A-Za-z]{1,20}[\s*-]{1,4}){0,2}"
    r"|\b(?:not|if|suppose|assume|assuming|whether)\s{1,4}(?:that\s{1,4})?(?:the|an|our|my)\s{1,4}"
    r"(?:(?:final|correct|right)\s{1,4})?)\Z",
    re.IGNORECASE,
)
# One of these is in whatever `_NO_STATEMENT` matches, in ASCII text.
_DOUBTS = (
    *("wrong", "incorrect", "naive", "previous", "earlier", "former", "old", "initial", "tentative", "preliminary"),
    *("intermediate", "partial", "mistaken", "erroneous", "false", "tempting", "trap"),
    *("not", "if", "suppose", "assum", "whether"),
)
_SENTENCE_END = re.compile(
    r"(?<![\s(.][A-Za-z])(?<!^[A-Za-z])"
    r"(?<!\b(?:Mr|Ms|Dr|St|Mt|Fr|Lt))(?<!\b(?:Mrs|Gen|Col|Sgt|Rev))(?<!\b(?:Prof|Capt))\.\s+\S"
    r"|[。！？।]"
)
_STATEMENT = re.compile(r"(?:the|there|it|this|so|that)\b.*\b(?:is|are|equals)\s+(?P<answer>\S.*)", re.IGNORECASE)
# "The answer is correct" speaks of an answer that was stated before.
_SAYS_NOTHING = re.compile(
    r"(?:indeed |therefore |thus |also )?(?:correct[oae]?|right|reasonable|valid|consistent|verified|confirmed|clear|"
    r"unique|richtig|korrekt|exacte?|cert[oa]|giust[oa]|corrett[oa]|верен|правильный|正确的?|对的|正しい|맞다|맞습니다)"
    r"(?![\w'])[^\d$\\]*\Z",
    re.IGNORECASE,
)
_OPENING_BEFORE = re.compile(
    r"(?P<bracket>[\[(])[ \t*\"]{0,4}(?:(?:the|so|my|our|final|correct)[ \t]){0,4}\Z", re.IGNORECASE
)
# What explains a value is no part of it: "7, since 3 + 4 = 7".
_REASON = re.compile(
    r"(?<=[\w)}$*%]),?[ \t]{1,9}(?:because|since|as[ \t]{1,9}(?:required|desired|expected|needed|shown|claimed|stated))"
    r"\b"
)
_LIST_ITEM = re.compile(r"\d{1,3}[.)]\s+\S")
# Characters in front of "answer is" in which a negation or a supposition is looked for.
_NEGATION_WINDOW = 80
_MAX_LINE_BEHIND_HEADING = 200
_CLOSING = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStatement:
    """Answer that a line or a sentence states.

    `start` is the position of its marker in the text, `behind` the text behind its sentence. `doubts` are words that
    take it back, where it is not in English.
    """

    start: int
    answer: str
    behind: str
    doubts: re.Pattern[str] | None = None


def last_statement(text: str, own_phrases: Sequence[str] = ()) -> AnswerStatement | None:
    """Return the last statement of an answer in `text`, even one taken back later.

    Statements are `A:` lines, "answer is", "answer:", answer headings, and their like in other languages. One that says
    nothing but that the answer is right counts only where there is no other.

    Args:
      text: the completion.
      own_phrases: phrases that the user added to those of the languages.
    """
    candidates = [_last_a_line(text)]
    # This test is ten times as fast as the expressions behind it.
    lowered = text.lower()
    if "answer" in lowered:
        candidates += [*_answer_is(text, lowered), _last_heading(text)]
    for phrase in stated_phrases(text, lowered, own_phrases):
        statement = _statement_behind(text, phrase.start, phrase.end, phrase.ends)
        candidates.append(replace(statement, answer=in_english(statement.answer), doubts=phrase.doubts))
    if heading := last_heading(text, lowered):
        candidates.append(_below_heading(text, heading))
    stated = [one for one in candidates if one and one.answer]
    saying = [one for one in stated if not _SAYS_NOTHING.match(one.answer)] or stated
    return max(saying, key=lambda one: one.start) if saying else None


def _last_a_line(text: str) -> AnswerStatement | None:
    """Return the last `A:` line; None beside `B:` lines, which are the options of a multiple-choice question."""
    # The quick test comes first here and below: few texts have such a line.
    matches = list(_A_LINE.finditer(text)) if "A:" in text else []
    if not matches or _B_LINE.search(text):
        return None
    last = matches[-1]
    behind = text[last.end() :]
    answer = last["answer"].strip()
    return AnswerStatement(start=last.start(), answer=answer, behind=behind)


def _answer_is(text: str, lowered: str) -> Iterator[AnswerStatement]:
    """Yield, the last one first, each "answer is" or "answer:" that is not negated, supposed or about another answer.

    The first that says something is the last one yielded. `lowered` is the text in lower case.
    """
    for match in reversed(_answers_named(text, lowered)):
        if not _is_no_statement(text, match.start()):
            statement = _statement_behind(text, match.start(), match.end())
            yield statement
            if not _SAYS_NOTHING.match(statement.answer):
                return


def _is_no_statement(text: str, at: int) -> bool:
    """Return True where the words in front of `at` negate, suppose, or speak of another answer."""
    begin = max(0, at - _NEGATION_WINDOW)
    # The quick test: four times as fast, and few texts have such a word there.
    if text.isascii() and not any(map(text[begin:at].lower().__contains__, _DOUBTS)):
        return False
    return _NO_STATEMENT.search(text, begin, at) is not None


def _answers_named(text: str, lowered: str) -> list[re.Match[str]]:
    """Return all matches of `_ANSWER_IS`, in the order of the text."""
    if not text.isascii():
        # In lower case such a text may have another length, and there are other ways to write an s.
        return list(_ANSWER_IS.finditer(text))
    matches: list[re.Match[str]] = []
    at = lowered.find("answer")
    while at >= 0:
        match = _ANSWER_IS.match(text, at)
        if match:
            matches.append(match)
        at = lowered.find("answer", match.end() if match else at + 1)
    return matches


def _last_heading(text: str) -> AnswerStatement | None:
    """Return the answer below the last answer heading, None where an explanation begins there."""
    matches = list(_HEADING.finditer(text)) if "#" in text or "**" in text else []
    return _below_heading(text, matches[-1]) if matches else None


def _below_heading(text: str, heading: re.Match[str]) -> AnswerStatement | None:
    """Return the answer below a heading, None where an explanation begins there."""
    statement = _statement_behind(text, heading.start(), heading.end())
    # Only a line that is one value, or is the last one, is the answer and not the start of an explanation.
    is_plain = len(statement.answer) <= _MAX_LINE_BEHIND_HEADING and not (
        statement.behind.strip("*.$ \t\n") and re.search(r"\s", statement.answer)
    )
    return statement if is_plain else None


def _statement_behind(text: str, start: int, end: int, closing: re.Pattern[str] | None = None) -> AnswerStatement:
    """Return the statement that the rest of the sentence behind a marker makes.

    Args:
      text: the completion.
      start: where the marker begins.
      end: where it ends.
      closing: words that close the sentence behind the answer.
    """
    # A displayed formula is the whole answer.
    if display := _DISPLAY.match(text, end):
        answer, behind = display["answer"].strip(), text[display.end() :]
        return AnswerStatement(start=start, answer=answer.rstrip(". \t"), behind=behind)
    # Else it ends with the line, or with the sentence.
    end_of_line = text.find("\n", end)
    line_end = end_of_line if end_of_line >= 0 else len(text)
    line, behind = text[end:line_end].strip(), text[line_end:]
    if "\n" in text[start:end] and _LIST_ITEM.match(line):
        # An explanation begins here: "Answer:\n1. First, add both."
        return AnswerStatement(start=start, answer="", behind=behind)
    if sentence_end := _SENTENCE_END.search(line):
        line, behind = line[: sentence_end.start()], line[sentence_end.start() :] + behind
    # The value of a sentence is behind its verb: "Answer: The largest n is 34."
    sentence = _STATEMENT.match(line)
    answer = sentence["answer"] if sentence else line
    if reason := _REASON.search(answer):
        answer, behind = answer[: reason.start()], answer[reason.start() :] + behind
    answer = answer.lstrip("* ").rstrip("*. \t")
    # The bracket of "[Answer: 72]" was opened in front of the marker.
    opening = _OPENING_BEFORE.search(text, max(0, start - _NEGATION_WINDOW), start)
    if (
        opening
        and answer.endswith(_CLOSING[opening["bracket"]])
        and answer.count("[") + answer.count("(") < (answer.count("]") + answer.count(")"))
    ):
        answer = answer[:-1].rstrip("*. \t")
    if closing:
        answer = closing.sub("", answer).rstrip("*. \t")
    return AnswerStatement(start=start, answer=answer, behind=behind)
