"""Judge of what stands behind an answer: whether it takes the answer back, or states another one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from factory.answers.extraction import phrases
from factory.answers.extraction.same_answer import is_same, plain
from factory.answers.extraction.statements import AnswerStatement, last_statement

_RETRACTION = re.compile(
    r"\b(?:wait|actually|correction|oops|sorry|mistake|mistaken|wrong|incorrect|hmm+|reconsider|on second thoughts?|"
    r"alternatively|hold on|errors?|(?:can't|can’t|cannot) be|scratch that)\b"
    r"|(?:^|[.!?\n])\W{0,9}(?:no\b[ \t]{0,9}[,.;:!—–-]|or\b)",
    re.IGNORECASE,
)
# These begin a remark as often as a doubt, so the sentence has to be read.
_REMARK = re.compile(r"\b(?:however|(?P<check>(?:double|re)[- ]?check(?:ed|ing|s)?))\b", re.IGNORECASE)
_END_OF_REMARK = re.compile(r"[.!](?:\s|\Z)|\n")
_MAX_CHECK_CHARS = 400
_RETRACTING_SENTENCE = re.compile(
    r"(?:^|[.!?;:\n])\W{0,9}(?:wait|actually|correction|oops|sorry|hmm+|on second thoughts?|scratch that|hold on|"
    r"let me reconsider|no\b[ \t]{0,9}[,.;:!—–-])"
    r"|\A\W{0,9}(?:(?:is|was)[ \t]{1,9}not|(?:which[ \t]{1,9})?(?:is|was)[ \t]{1,9}(?:wrong|incorrect))\b"
    r"|\A\W{0,9}(?:this|that|which|it)[ \t]{1,9}contradicts\b"
    r"|\b(?:that|this|it)[ \t]{1,9}(?:can['’]t|cannot|doesn['’]t|does not)[ \t]{1,9}"
    r"(?:be|seem|look)[ \t]{1,9}(?:right|correct)\b"
    r"|\b(?:that|this|it)(?:['’]s|[ \t]{1,9}(?:is|was))[ \t]{1,9}(?:wrong|incorrect|not right|not correct|a mistake)\b"
    r"|\bI[ \t]{1,9}(?:have[ \t]{1,9})?made[ \t]{1,9}an?[ \t]{1,9}(?:mistake|error)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"(?:^|[.!?;:\n])\W{0,9}but,?[ \t]{1,3}(?:we|I)[ \t]{1,3}(?:still[ \t]{1,3}|also[ \t]{1,3})?"
    r"(?:need|must|have to|forgot|should)\b",
    re.IGNORECASE,
)
_OTHER_RETRACTING_SENTENCE = re.compile(
    rf"(?:\A|[.!?;:,\n。！？；，、।])\W{{0,9}}(?:{phrases.doubts()})", re.IGNORECASE
)
# A remark changes nothing where it says so, or only points something out.
_THE_ANSWER = r"(?:(?:the|our|my|this|that) (?:final )?(?:answer|result|value|solution) )"
_CONFIRMING = re.compile(
    rf"{_THE_ANSWER}?(?:\b(?:is|are|was|looks|seems) (?:indeed |also |still |all )?(?:right|correct|consistent|"
    r"confirmed|verified|fine|valid|good|accurate|reasonable|the same|unchanged|unaffected)\b"
    r"|\b(?:checks? out|it works|this works|holds|matches|agrees|as (?:expected|required|desired)|confirm(?:s|ed)?|"
    r"verif(?:y|ies|ied)|correct[!.]|yes\b|stays|remains(?: the same| unchanged)?)"
    rf"|\b(?:doesn['’]t|does not|won['’]t|will not) (?:change|affect|alter|matter)"
    r"(?: (?:the|our|my|this) (?:final )?(?:answer|result|value))?)|[✓✔✅]",
    re.IGNORECASE,
)
_POINTING_OUT = re.compile(
    r"[\s,:]{0,4}(?:(?:please|do|we (?:should|can|may)|one (?:should|can|may)|I|also|"
    r"it(?:['’]s| is) (?:worth|important|good|useful)(?: to| that)?) ){0,3}"
    r"(?:note|noting|notice|noticing|remember|recall|mention|mentioning|keep in mind|bear in mind|be aware|"
    r"this (?:answer |result |value )?(?:assumes|assumed|"
    r"is (?:only )?(?:approximate|an approximation|an estimate|exact))|(?:the )?units? (?:is|are))\b",
    re.IGNORECASE,
)
# Words that do more than to check, or more than to remark.
_OTHERWISE = (
    r"must|should|instead|not|never|no|rather|but|yet|another|other|differs?|different|false|invalid|neither|or|too|"
    r"twice"
)
_BEYOND_A_CHECK = re.compile(rf"\b(?:{_OTHERWISE})\b|n['’]t\b|\?", re.IGNORECASE)
_BEYOND_A_REMARK = re.compile(
    rf"\b(?:{_OTHERWISE}|shall|needs?|has to|have to|ought|can|cannot|could|would|only|also|both|though|"
    r"although|if|unless|except|answer|asks?|asked|question|problem|second|negative|positive|impossible|excluded?|half|doubled?)\b|n['’]t\b|\?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_EQUALS = re.compile(r"=\s{0,3}\$?(?P<value>[-+−]?\\?[$\d][\d.,/]{0,40})")
_INLINE_HASHES = re.compile(r"####[ \t]{0,9}(?P<answer>\S.{0,200})")
_EMPTY_BOX = re.compile(r"[\s$\\()\[\]*]{0,9}(?:boxed|fbox|framebox)\s{0,9}\{\s{0,9}\}[\s$\\()\[\].*]{0,9}")
_VALUE = re.compile(r"[-+−$\\.([{\d|]|[A-Z]\b")


def is_retracted(statement: AnswerStatement) -> bool:
    """Return whether the text behind a sentence takes it back: "The answer is 12. Wait, it is 13." """
    behind = statement.behind
    if not behind.strip():
        return False
    if _RETRACTION.search(behind) or (statement.doubts is not None and statement.doubts.search(behind)):
        return True
    return any(not _is_harmless(statement.answer, behind, remark) for remark in _REMARK.finditer(behind))


def is_overruled(answer: str, behind: str, own_phrases: Sequence[str] = ()) -> bool:
    """Return whether a later text states another answer, or takes this one back.

    Args:
      answer: from a box, a `####` line or answer tags.
      behind: the text behind it.
      own_phrases: phrases that the user added to those that state an answer.
    """
    if not behind.strip("$.*)]} \n\\"):
        return False
    later = [match["answer"] for match in _INLINE_HASHES.finditer(behind)][-1:]
    if statement := last_statement(behind, own_phrases):
        later.append(statement.answer)
    retracted = (
        _RETRACTING_SENTENCE.search(behind) is not None
        or _OTHER_RETRACTING_SENTENCE.search(behind) is not None
        or ("ut" in behind and _UNFINISHED.search(behind) is not None)
    )
    # Nor does a box that was left empty state anything.
    later = [other for other in later if not _EMPTY_BOX.fullmatch(other)]
    # "This answer is reasonable" states nothing, unless something is being taken back.
    later = [other for other in later if retracted or _VALUE.match(other) or other.lower().startswith("not ")]
    return any(not is_same(answer, other) for other in later) if later else retracted


def _is_harmless(answer: str, behind: str, remark: re.Match[str]) -> bool:
    """Return whether "however" or "double-checking" begins words that leave the answer as it is."""
    if remark["check"]:
        words = behind[remark.end() : remark.end() + _MAX_CHECK_CHARS]
        if _BEYOND_A_CHECK.search(_CONFIRMING.sub("", words)):
            return False
        equations = list(_EQUALS.finditer(words))
        return _CONFIRMING.search(words) is not None or (
            bool(equations) and plain(equations[-1]["value"]) == plain(answer)
        )
    sentence = _END_OF_REMARK.split(behind[remark.end() : remark.end() + _MAX_CHECK_CHARS], maxsplit=1)[0]
    unknown = set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(answer))
    if unknown or _BEYOND_A_REMARK.search(_CONFIRMING.sub("", sentence)):
        return False
    return _CONFIRMING.search(sentence) is not None or _POINTING_OUT.match(sentence) is not None
