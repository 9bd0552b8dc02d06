"""Memory that a question takes in its worker, so that no more questions are taken up than fit.

The constants are CPython's: a node with its step, its name and its counts; a step of a row with its text and figures.
Beliefs of a labeller come on top, for as long as it works on the question (`factory/labelling/belief.py`).
"""

from __future__ import annotations

# Bytes of a step beside its text and its token ids: in the tree, and in the finished row.
_NODE, _ROW_STEP = 440, 440
# Bytes of a token's id.
_ID = 4
# Bytes of a solution beside its steps, in tree and row; bytes of a question beside its solutions.
_SOLUTION, _QUESTION = 2_500, 20_000


def question_bytes(rollouts: int, tokens: float, *, step_tokens: float = 32.0, token_bytes: float = 5.0) -> int:
    """Return the bytes of memory that a question takes up to the commit of its unit: its tree, then its row, too.

    Measured figures are between half of it and twice of it (`tests/unit/factory/question_pipeline/test_footprint.py`).

    Args:
      rollouts: solutions sampled in all, probes of a labeller included; what they share is counted for each.
      tokens: tokens of a solution; the mean where it is known, else `sampling.max_tokens`.
      step_tokens: tokens of a step.
      token_bytes: bytes of a token's text in memory: 4 to 5 for English, up to 4 for each character for a text with
        CJK characters (2) or an emoji (4) in it.
    """
    steps = max(1.0, tokens / step_tokens)
    # The tree holds the text once, the row twice: as a whole and by steps.
    tree = tokens * (_ID + token_bytes) + steps * _NODE
    row = tokens * 2 * token_bytes + steps * _ROW_STEP
    return int(_QUESTION + rollouts * (tree + row + _SOLUTION))
