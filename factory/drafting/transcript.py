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


def numbered(steps: Sequence[str]) -> str:
    """Return steps as a critic of them reads them: each begins a line with its number, from 1.

    Further lines of a step are set in, however they are broken, so that no text can pass for a step of its own.
    """
    lines = []
    for number, step in enumerate(steps, start=1):
        first, *others = [line.strip() for line in step.splitlines() if line.strip()] or [""]
        lines += [f"Step {number}: {first}", *(f"    {line}" for line in others)]
    return "\n".join(lines)


def to_locate(question: str, steps: Sequence[str]) -> str:
    """Return what a critic of steps reads: the last section of the prompt file `critic`, filled in."""
    return f"{question.strip()}\n\nSolution, step by step:\n{numbered(steps)}"


def to_criticise(question: str, attempt: str) -> str:
    """Return what a critic of one attempt reads: the last section of the prompt file `critique`, filled in."""
    return f"{question.strip()}\n\nAttempt:\n{unpadded(attempt)}"
