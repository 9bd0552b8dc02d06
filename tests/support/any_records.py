"""Records of any kind, for what holds for every format."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from support.records import a_node, a_record, a_solution

from factory.rollouts.nodes import GIVEN, PROBE

UNJUDGED = [(verdict, "stop") for verdict in ("unparsable", "timeout", "error")]
UNJUDGED += [(verdict, "length") for verdict in ("correct", "incorrect", "unparsable", None)]
JUDGED = [(verdict, finish) for verdict in ("correct", "incorrect") for finish in ("stop", "answered")]
LABELS = st.sampled_from([1, 1, -1, None])
TEXTS = st.sampled_from(["a", "b\n", "x = 1", " Step 1: ", "ки", "<extra_0>", "<|im_end|>", "", "é \u2028"])
CRITIQUES = st.fixed_dictionaries(
    {
        "text": TEXTS,
        "right": st.none() | st.booleans(),
        "role": st.just("critic"),
        "model": st.none(),
        "revision": st.none(),
    }
)
STEPS = st.lists(st.tuples(TEXTS, LABELS), min_size=1, max_size=4)


@st.composite
def solutions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw solutions of every kind; texts that nobody judged, and those that were cut off, have a word of their own."""
    drawn = []
    for number in range(draw(st.integers(0, 6))):
        verdict, finish = draw(st.sampled_from([*JUDGED, (None, "stop"), *UNJUDGED]))
        mark = "NEVER" if finish == "length" or verdict not in ("correct", "incorrect", None) else verdict or "UNKNOWN"
        mark += " CUT" * (finish == "answered")
        steps = [(f"{mark} {number} {text}", label) for text, label in draw(STEPS)]
        method, hinted = draw(st.sampled_from(["sample", "imported", PROBE, GIVEN])), draw(st.booleans())
        known = {"finish_reason": finish, "method": method, "hinted": hinted}
        if drawn and draw(st.booleans()):
            known |= {"revises": draw(st.sampled_from(drawn))["solution_id"], "critique": draw(st.none() | TEXTS)}
        known["critiques"] = draw(st.none() | st.lists(CRITIQUES, max_size=2))
        drawn.append(a_solution(steps, verdict, **known))
    return drawn


@st.composite
def trees(draw: st.DrawFn, endings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Draw a tree that has the given solutions as its endings, one step each."""
    value = draw(st.sampled_from([None, 0.0, 0.25, 1.0]))
    ends = [
        a_node(number, 0, one["text"], None, terminal=True, verdict=one["verdict"])
        for number, one in enumerate(endings, start=1)
    ]
    return [a_node(0, None, "", value), *ends]


@st.composite
def any_record(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a record with such solutions and such a tree."""
    drawn = draw(solutions())
    return a_record(draw(TEXTS) + "?", drawn, tree=draw(trees(drawn)))
