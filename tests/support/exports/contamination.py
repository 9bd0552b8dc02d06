"""Benchmark questions, and what somebody may have made of them in a source."""

from __future__ import annotations

DUCKS = (
    "Marta has 16 ducks on her pond. She sells 3 ducks on Monday, and Pedro buys 7 ducks for 12 dollars each. "
    "How many ducks are left on the pond in the evening?"
)
BUSES = (
    "A school hires 9 buses with 48 seats each. If 395 pupils and 21 teachers go on the trip, how many seats "
    "stay empty?"
)
FENCE = "Find the length of a fence around a rectangular garden that is 24 metres long and 17 metres wide."
SHORT = "What is 12 * 13 - 5?"
ONE = "Al has 1 brother and 3 sisters who all like to go fishing. How many siblings are there?"
BENCHMARK = [
    ("b", "ducks", DUCKS),
    ("b", "buses", BUSES),
    ("c", "fence", FENCE),
    ("c", "short", SHORT),
    ("c", "one", ONE),
]

EXACT = {
    "copy": DUCKS,
    "capitals": BUSES.upper(),
    "punctuation": DUCKS.replace(".", " ;").replace(",", " -- ").replace("?", "??!"),
    "white space": BUSES.replace(" ", "\n\t "),
    "full width": DUCKS.translate({code: code + 0xFEE0 for code in range(ord("0"), ord("9") + 1)}),
    "invisible": FENCE.replace("garden", "gar\u200bden").replace("a fence", "a\u00a0fence"),
    "short": " what is 12*13-5",
}
OVERLAP = {
    "within a longer text": f"You are a careful tutor. Think step by step.\n\n{DUCKS}\n\nWrite 2 sentences.",
    "a changed ending": FENCE.replace("17 metres wide", "17 m broad, gates and posts not counted"),
}
REWORDED = {
    "renamed": DUCKS.replace("Marta", "Yuki").replace("Pedro", "Ahmed"),
    "filler": BUSES.replace("hires", "in the quiet town usually hires").replace("how many", "then exactly how many"),
    "clauses": "How many seats stay empty if 21 teachers and 395 pupils go on the trip? A school hires 9 buses with 48 "
    "seats each.",
    "spelled out": BUSES.replace("9 b", "nine b")
    .replace("48", "forty-eight")
    .replace("395", "three hundred ninety five"),
    "all at once": "Pedro hires, for the school, nine buses with forty-eight seats each. How many seats stay empty, "
    "please, if 21 teachers and 395 pupils go on the trip?",
}
OTHERS = {
    "other numbers": DUCKS.replace("16", "19"),
    "the last number": BUSES.replace("21", "22"),
    "exchanged numbers": BUSES.replace("395", "_").replace("48", "395").replace("_", "48"),
    "renamed and other numbers": DUCKS.replace("Marta", "Yuki").replace("16", "60").replace("3", "8"),
    "exchanged with a one": "Bo has 3 brothers and 1 sister who all like to go fishing. How many siblings are there?",
    "another sign": SHORT.replace("-", "+"),
    "another order": "What is 13 * 12 - 5?",
    "another story with the same numbers": "A baker with 9 ovens bakes 48 rolls an hour until 395 are sold; 21 burn. "
    "What is the profit?",
    "common words": "How many ducks are left on the pond in the evening?",
    "nothing": "",
}
