"""Layout of what a reward model reads: the prompt, a separator, then every step and a separator behind it.

At the last token of the separator behind a step, the model says how likely all is right up to there (TRL's PRMTrainer
has the same places). Steps are tokenised apart, so that the places are exact whatever the steps hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from factory.rollouts.prompting import escape_special_tokens

# Texts for one call of the tokenizer, whose answer takes far more room than the ids in it.
AT_A_TIME = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """Token ids of a prompt with its steps, and the index of the token at which each step is judged."""

    ids: tuple[int, ...]
    places: tuple[int, ...]


def laid_out(tokenizer: Any, prompt: str, steps: Sequence[str], separator: str) -> LaidOut:
    """Return `prompt` and `steps` as token ids, without the white space at the ends of each.

    No text of theirs becomes a special token.

    Args:
      tokenizer: of transformers.
      prompt: text of the question as the model was asked.
      steps: texts of the solution's steps.
      separator: text behind the prompt and behind every step.
    """
    return next(all_laid_out(tokenizer, [(prompt, steps)], separator))


def all_laid_out(
    tokenizer: Any, solutions: Iterable[tuple[str, Sequence[str]]], separator: str, *, behind_prompt: bool = True
) -> Iterator[LaidOut]:
    """Yield `laid_out` of every (prompt, steps), many of them by one call of the tokenizer.

    Args:
      tokenizer: of transformers.
      solutions: prompts with their steps.
      separator: text behind the prompt and behind every step.
      behind_prompt: False leaves it out behind the prompt, as TRL does.
    """
    special = tokenizer.all_special_tokens
    end = tokenizer.encode(separator, add_special_tokens=False)

    def encoded(texts: list[str], **options: bool) -> Iterator[list[int]]:
        """Yield the ids of each text, by one call of the tokenizer."""
        clean = [escape_special_tokens(text.strip(), special) for text in texts]
        return iter(tokenizer(clean, return_attention_mask=False, **options)["input_ids"] if clean else [])

    rest = iter(solutions)
    while part := list(islice(rest, AT_A_TIME)):
        prompts = encoded([prompt for prompt, _ in part])
        steps = encoded([step for _, steps in part for step in steps], add_special_tokens=False)
        for _, mine in part:
            ids = [*next(prompts), *(end if behind_prompt else [])]
            places = []
            for _ in mine:
                ids += [*next(steps), *end]
                places.append(len(ids) - 1)
            yield LaidOut(ids=tuple(ids), places=tuple(places))
