"""Amounts of money with the currency in front: $5, US$5, ₹500, Rs. 500, USD 500, $5k."""

from __future__ import annotations

import re

from factory.answers.values.unit_words import CURRENCIES

_CODES = "USD|EUR|GBP|INR|CNY|RMB|JPY|KRW|CHF"
_AMOUNT = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<currency>U\.?S\.?\s?\$|[{CURRENCIES}]|Rs\.?|RS\.?|(?:{_CODES})(?=[\s\d-]))"
    rf"\s*(?P<amount>[^\s{CURRENCIES}].*?)(?:/-)?(?P<letter>(?<=\d)\s?[kKmMbB])?"
)
_FIRST = frozenset(CURRENCIES + "UREGICJK+-")
_ZEROS = {"k": 3, "m": 6, "b": 9}


def amount_of_money(text: str) -> tuple[str, str, int] | None:
    """Return the amount with its sign, the currency, and the zeros that a letter stands for (3 in $5k); else None.

    Behind a sign of currency k, M and B can be nothing else.
    """
    if text[:1] not in _FIRST or (match := _AMOUNT.fullmatch(text)) is None:
        return None
    name = match["currency"].lower().replace(".", "").replace(" ", "")
    letter = (match["letter"] or "").strip().lower()
    return match["sign"] + match["amount"].strip(), name, _ZEROS.get(letter, 0)
