r"""Check of a mathematical gold answer before anything is compared with it: does it denote something?

Against its own text any gold answer is right. So it is looked at first (`gold_problem`), and then judged in another
spelling (`right_answer`), by all that a model's answer goes through.
"""

from __future__ import annotations

import re
from typing import Any

from factory.answers.extraction.extract import final_answer
from factory.answers.normalise import normalise
from factory.types import Question

_MARKERS = {"####": "gsm8k", r"\boxed": "math", r"\fbox": "math"}
_NOTHING = re.compile(r"(?:[\s.?!_\-–—…$|~#()\[\]{}:;,'\"]|\\[lc]?dots)*")
# Words by which data sets say that they have no answer to show.
_LOOK_THERE = (
    r"(?:solution|explanation|above|below|figure|diagram|graph|image|picture|proof|work|answer|key|text|attached"
    r"|attachment)"
)
_PLACEHOLDER = re.compile(
    r"<na>|#(?:ref|value|div/0|name|num)!?|n\.a"
    r"|[<(\[#]?(?:nan|n/a|null|tb[da]|to be (?:determined|added|announced)|todo|not applicable|unanswered"
    r"|(?:answer )?not (?:available|provided|given|found)|no answer(?: (?:available|provided|given|found))?)[>)\]]?"
    rf"|(?:please )?(?:see|refer to) (?:.{{0,60}}\b)?{_LOOK_THERE}s?"
    r"|(?:the )?(?:answer|solution)s? (?:may|will|can) vary\b.*|proof(?: omitted| below| above)?|q\.?e\.?d"
    r"|!\[.{0,200}\]\(.{0,2000}\)|<im(?:g|age)\b[^<>]{0,2000}>|https?://\S{1,2000}"
    r"|暂?无答案|答案不唯一.*|[(（]?(?:答案|解析|解答|证明|过程|证明过程)?"
    r"(?:略|见(?:解析|详解|答案|证明|[上下]文|[上下]?图)|如[上下]?图(?:所示)?)[)）]?",
    re.IGNORECASE,
)
# Matrices, cases and long lists are written on several lines, too.
_ENVIRONMENT = re.compile(r"\\begin\{[^{}]{1,20}\}.*\\end\{[^{}]{1,20}\}", re.DOTALL)
_SENTENCE_END = re.compile(r"[a-z)}$]{2}\. [A-Z\\$(]|(?<![,;\r])\r?\n")
_LONG = 200
_TEXT = re.compile(r"\\(?:text(?:rm|normal)?|mathrm|mbox)\s{0,3}\{([^{}$\\]{0,200})\}")
_SPACING = re.compile(r"(?<!\\)\\[,;:!](?![A-Za-z])|(?<![\\\w]) (?=[=+<>()])|(?<=[=+(]) (?=[\d(=+<>])")
_DOLLAR = re.compile(r"(?<!\\)\$")
_MONEY = re.compile(r"(?<![\\\w$])\$(?=\d)")


def gold_problem(question: Question, config: Any) -> str | None:
    """Return why nothing can be compared with a gold answer; None where nothing speaks against it.

    Args:
      question: the question with its gold answer.
      config: settings of the checker; its `tail_chars` are searched for an answer in a gold answer that is a solution.
    """
    gold = question.gold
    # A whole solution is right against its own text only.
    for marker, preset in _MARKERS.items():
        if marker in gold:
            return f"it is a solution, not an answer; set source.gold={preset}"
    if len(gold) > config.tail_chars:
        return f"it has {len(gold):,} characters, and an answer is looked for in {config.tail_chars:,} (tail_chars)"
    # What has no value.
    form = normalise(gold)
    if not gold.strip() or not form:
        return "it is empty"
    if _NOTHING.fullmatch(form):
        return "it denotes nothing"
    if _PLACEHOLDER.fullmatch(form.strip(" .。")):
        return "it says that there is no answer"
    # What states an answer instead of being one; 12" and 12' are inches and feet.
    stated = final_answer(gold, tail_chars=config.tail_chars)
    if stated is not None and normalise(stated) not in (form, form.rstrip("'\"")):
        return f"it is a text that states the answer {stated[:60]!r}; take the answer alone"
    if len(gold) > _LONG and _SENTENCE_END.search(_ENVIRONMENT.sub("", gold.strip())):
        return "it is a text of several sentences, not an answer"
    return None


def right_answer(question: Question) -> str:
    """Return the gold answer as the end of a solution, in another spelling."""
    return f"So this is what was to be found.\n\nThe final answer is $\\boxed{{{respelt(question.gold)}}}$."


def respelt(gold: str) -> str:
    r"""Return a gold answer as a model would write it within a box: without `$`, `\text` and some spaces."""
    # A single dollar is money, and so are those of "$3,000 to $4,000".
    dollars = len(_DOLLAR.findall(gold))
    plain = gold if dollars % 2 or len(_MONEY.findall(gold)) == dollars else _DOLLAR.sub("", gold)
    return _SPACING.sub("", _TEXT.sub(r" \1 ", plain)).strip() or gold
