"""Dates of the calendar: March 14, 14th of March 2024, 2024-03-14, 3月14日."""

from __future__ import annotations

import re

from factory.answers.values.match import Match

_NAMES = "january february march april may june july august september october november december"
_MONTHS = {
    short: number
    for number, name in enumerate(_NAMES.split(), start=1)
    for short in {name, name[:3], "sept" if name == "september" else name}
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>\d{4}))?"
_SPELLED = tuple(
    re.compile(rf"(?:(?P<weekday>{'|'.join(_WEEKDAYS)}),? )?{order}", re.ASCII | re.IGNORECASE)
    for order in (rf"{_MONTH} ?{_DAY}{_YEAR}", rf"{_DAY}(?: ?of)? ?{_MONTH}{_YEAR}")
)
_IN_FIGURES = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"|(?:(?P<cjk_year>\d{4})\s?年\s?)?(?P<cjk_month>\d{1,2})\s?月\s?(?P<cjk_day>\d{1,2})\s?[日号號]"
)
_SHORTEST, _LONGEST = 4, 40


def same_date(gold: str, answer: str) -> Match | None:
    """Compare two texts of which the gold is a date; None where it is none.

    A year or a day of the week that one side leaves out makes no difference.
    """
    wanted = _date(gold)
    if wanted is None:
        return None
    stated = _date(answer)
    if stated is None:
        return Match.UNCLEAR
    pairs = list(zip(wanted, stated, strict=True))
    return Match.DIFFERENT if any(one and other and one != other for one, other in pairs) else Match.EQUAL


def is_in_figures(text: str) -> bool:
    """Return whether a text is a date such as 2024-03-14, which is no subtraction."""
    return text[4:5] == "-" and _IN_FIGURES.fullmatch(text) is not None


def _date(text: str) -> tuple[int, int, int, str] | None:
    """Return month, day, year (0 where none is given) and day of the week ("") of a date; None for anything else."""
    if not _SHORTEST <= len(text) <= _LONGEST or not any(character.isdigit() for character in text):
        return None
    for pattern in _SPELLED:
        if spelled := pattern.fullmatch(text):
            month, day = _MONTHS[spelled["month"].lower()], int(spelled["day"])
            return _checked(month, day, int(spelled["year"] or 0), (spelled["weekday"] or "").lower())
    if figures := _IN_FIGURES.fullmatch(text):
        year, month, day = (int(figures[part] or figures["cjk_" + part] or 0) for part in ("year", "month", "day"))
        return _checked(month, day, year, "")
    return None


def _checked(month: int, day: int, year: int, weekday: str) -> tuple[int, int, int, str] | None:
    """Return a date, None where no calendar has it."""
    return (month, day, year, weekday) if 1 <= month <= 12 and 1 <= day <= 31 else None
