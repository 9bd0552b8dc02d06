"""Reader of lines and sentences that state a final answer, and of those that take it back."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Runs are bounded: unbounded ones take seconds on a few thousand blanks, and nothing could stop them.
_A_LINE = re.compile(r"^[ \t]*A:[ \t]*(?P<answer>\S.*)$", re.MULTILINE)
_B_LINE = re.compile(r"^[ \t]*B:", re.MULTILINE)
_ANSWER_IS = re.compile(
    r"\banswer\b(?:[ \t*]{0,9}:[ \t*]{0,9}\s?|[ \t*]{1,9}is\b(?:[ \t*]{0,9}:\s{0,9})?)[ \t*:]{0,9}"
    r"(?:(?:therefore|thus|hence|then|indeed|simply|clearly|just)\b,?[ \t]{1,9})?"
    r"(?:\s{0,9}(?=\\\[|\$|[-+]?[\d.])|(?=\S))",
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
_SENTENCE_END = re.compile(
    r"(?<![\s(.][A-Za-z])(?<!^[A-Za-z])"
    r"(?<!\b(?:Mr|Ms|Dr|St|Mt|Fr|Lt))(?<!\b(?:Mrs|Gen|Col|Sgt|Rev))(?<!\b(?:Prof|Capt))\.\s+\S"
)
_STATEMENT = re.compile(r"(?:the|there|it|this|so|that)\b.*\b(?:is|are|equals)\s+(?P<answer>\S.*)", re.IGNORECASE)
_RETRACTION = re.compile(
    r"\b(?:wait|actually|correction|oops|sorry|mistake|mistaken|wrong|incorrect|hmm+|reconsider|on second thoughts?|"
    r"alternatively|however|errors?|(?:double|re)[- ]?check(?:ing)?|(?:can't|can’t|cannot) be|scratch that)\b"
    r"|(?:^|[.!?\n])\W{0,9}(?:no\b[ \t]{0,9}[,.;:!—–-]|or\b)",
    re.IGNORECASE,
)
_RETRACTING_SENTENCE = re.compile(
    r"(?:^|[.!?;:\n])\W{0,9}(?:wait|actually|correction|oops|sorry|hmm+|on second thoughts?|scratch that|"
    r"let me reconsider|no\b[ \t]{0,9}[,.;:!—–-])"
    r"|\A\W{0,9}(?:is|was)[ \t]{1,9}(?:not|wrong|incorrect)\b"
    r"|\b(?:that|this|it)(?:['’]s|[ \t]{1,9}(?:is|was))[ \t]{1,9}(?:wrong|incorrect|not right|not correct|a mistake)\b"
    r"|\bI[ \t]{1,9}(?:have[ \t]{1,9})?made[ \t]{1,9}an?[ \t]{1,9}(?:mistake|error)\b",
    re.IGNORECASE,
)
_INLINE_HASHES = re.compile(r"####[ \t]{0,9}(?P<answer>\S.{0,200})")
_VALUE = re.compile(r"[-+−$\\.([{\d|]|[A-Z]\b")
_MARKUP = re.compile(r"\$|\*\*|\s|\\[,;! ]|\\(?:left|right)(?![A-Za-z])|(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))")
_LIST_ITEM = re.compile(r"\d{1,3}[.)]\s+\S")
# Characters in front of "answer is" in which a negation or a supposition is looked for.
_NEGATION_WINDOW = 80
_MAX_LINE_BEHIND_HEADING = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStatement:
    """Answer that a line or a sentence states.

    `start` is the position of its marker in the text, `behind` the text behind its sentence.
    """

    start: int
    answer: str
    behind: str


def last_statement(text: str) -> AnswerStatement | None:
    """Return the last `A:` line, "answer is", "answer:" or answer heading of `text`, even one taken back later."""
    candidates = [_last_a_line(text)]
    # This test is ten times as fast as the expressions behind it.
    if "answer" in text.lower():
        candidates += [_last_answer_is(text), _last_heading(text)]
    stated = [one for one in candidates if one and one.answer]
    return max(stated, key=lambda one: one.start) if stated else None


def is_retracted(statement: AnswerStatement) -> bool:
    """Return whether the text behind a sentence takes it back: "The answer is 12. Wait, it is 13." """
    return _RETRACTION.search(statement.behind) is not None


def is_overruled(answer: str, behind: str) -> bool:
    """Return whether a later text states another answer, or takes this one back.

    `answer` is from a box, a `####` line or answer tags, and `behind` is the text behind it.
    """
    later = [match["answer"] for match in _INLINE_HASHES.finditer(behind)][-1:]
    if statement := last_statement(behind):
        later.append(statement.answer)
    retracted = _RETRACTING_SENTENCE.search(behind) is not None
    # "This answer is reasonable" states nothing, unless something is being taken back.
    later = [other for other in later if retracted or _VALUE.match(other) or other.lower().startswith("not ")]
    return any(not _is_same(answer, other) for other in later) if later else retracted


def _is_same(answer: str, other: str) -> bool:
    """Return whether two answers are the same but for markup; "(B) 14" is the option B."""
    answer, other = _plain(answer), _plain(other)
    if re.fullmatch(r"\(?[A-Z]\)?", answer):
        # "(B) 14" names the option of \boxed{B}.
        return re.match(rf"\(?{answer.strip('()')}(?![A-Za-z])", other) is not None
    return answer == other


def _plain(answer: str) -> str:
    """Return an answer without markup, thousands separators and a variable in front."""
    plain = re.sub(r"\\[dt]frac", r"\\frac", _MARKUP.sub("", answer)).rstrip(".")
    plain = re.sub(r"\\text[a-z]*\{([^{}]*)\}", r"\1", plain)
    return re.sub(r"\A[A-Za-z]=", "", plain)


def _last_a_line(text: str) -> AnswerStatement | None:
    """Return the last `A:` line; None beside `B:` lines, which are the options of a multiple-choice question."""
    matches = list(_A_LINE.finditer(text))
    if not matches or _B_LINE.search(text):
        return None
    last = matches[-1]
    behind = text[last.end() :]
    answer = last["answer"].strip()
    return AnswerStatement(start=last.start(), answer=answer, behind=behind)


def _last_answer_is(text: str) -> AnswerStatement | None:
    """Return the last "answer is" or "answer:" that is not negated, supposed or about another answer."""
    for match in reversed(list(_ANSWER_IS.finditer(text))):
        if not _NO_STATEMENT.search(text, max(0, match.start() - _NEGATION_WINDOW), match.start()):
            return _statement_behind(text, match)
    return None


def _last_heading(text: str) -> AnswerStatement | None:
    """Return the answer below the last answer heading, None where an explanation begins there."""
    matches = list(_HEADING.finditer(text))
    if not matches:
        return None
    statement = _statement_behind(text, matches[-1])
    # Only a line that is one value, or is the last one, is the answer and not the start of an explanation.
    is_plain = len(statement.answer) <= _MAX_LINE_BEHIND_HEADING and not (
        statement.behind.strip("*.$ \t\n") and re.search(r"\s", statement.answer)
    )
    return statement if is_plain else None


def _statement_behind(text: str, marker: re.Match[str]) -> AnswerStatement:
    """Return the statement that the rest of the sentence behind `marker` makes."""
    # A displayed formula is the whole answer.
    if display := _DISPLAY.match(text, marker.end()):
        answer, behind = display["answer"].strip(), text[display.end() :]
        return AnswerStatement(start=marker.start(), answer=answer.rstrip(". \t"), behind=behind)
    # Else it ends with the line, or with the sentence.
    end_of_line = text.find("\n", marker.end())
    line_end = end_of_line if end_of_line >= 0 else len(text)
    line, behind = text[marker.end() : line_end].strip(), text[line_end:]
    if "\n" in marker.group() and _LIST_ITEM.match(line):
        # An explanation begins here: "Answer:\n1. First, add both."
        return AnswerStatement(start=marker.start(), answer="", behind=behind)
    if end := _SENTENCE_END.search(line):
        line, behind = line[: end.start()], line[end.start() :] + behind
    # The value of a sentence is behind its verb: "Answer: The largest n is 34."
    sentence = _STATEMENT.match(line)
    answer = (sentence["answer"] if sentence else line).lstrip("* ").rstrip("*. \t")
    return AnswerStatement(start=marker.start(), answer=answer, behind=behind)
