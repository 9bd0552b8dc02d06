"""Layout in which a model is shown earlier attempts at a problem, with what a critic said of each.

Prompts of searches and export formats (`revisions`, `trajectories`, `critiques`) share it: a model that was trained on
such rows is asked as it was trained.
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.text.wording import unpadded


def transcript(attempts: Sequence[str], critiques: Sequence[str] = ()) -> str:
    """Return the attempts as one text, the oldest first, numbered from 1.

    It ends with the heading of the attempt that is asked for.

    Args:
      attempts: texts of the attempts.
      critiques: what a critic said of each; none, or as many as there are attempts. An empty one is left out.
    """
    parts = []
    for number, text in enumerate(attempts, start=1):
        parts.append(f"Attempt {number}:\n\n{unpadded(text)}")
        if critiques and critiques[number - 1].strip():
            parts.append(f"Critique {number}:\n\n{unpadded(critiques[number - 1])}")
    return "\n\n".join([*parts, f"Attempt {len(attempts) + 1}:"])


def to_criticise(question: str, attempt: str) -> str:
    """Return what a critic of one attempt reads: the last section of the prompt file `critique`, filled in."""
    return f"{question.strip()}\n\nAttempt:\n{unpadded(attempt)}"
