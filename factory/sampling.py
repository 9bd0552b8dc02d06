"""Settings of sampling, as engines get them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Settings of sampling, by the names of vLLM.

    Attributes:
      temperature: 0 samples greedily.
      top_p: probability mass of the tokens to choose from, above 0 and at most 1.
      top_k: number of tokens to choose from; -1 is all.
      max_tokens: bound of a whole solution, the prefix that it continues included.
      stop: strings that end a completion.
      until: strings behind which a sample ends, kept in its text and ids: one step of a solution
        (`factory/rollouts/until.py`). A search sets them, no config does.
      min_p: least probability of a token to choose from, as a share of the most probable one's; 0 for no such bound.
      presence_penalty, frequency_penalty: taken off the logit of a sampled token, once and each time; 0 for none.
      repetition_penalty: divides the logit of tokens that came before, those of the prompt included; 1 for none.
      thinking_token_budget: most tokens of the thoughts, after which the engine ends them; None for no such bound.
      seed: seed of the samples in place of the run's; requests then carry one that is derived from it. None: the run's.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    top_k: int = -1
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    min_p: float = 0.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repetition_penalty: float = 1.0
    thinking_token_budget: int | None = None
    seed: int | None = None

    def for_another_model(self) -> Sampling:
        """Return the settings for a model other than the policy: those that every engine takes.

        Bounds, penalties and the budget of thoughts are chosen for the policy's model, and an engine that lacks one of
        them would end the run in the midst of it.
        """
        return replace(
            self,
            min_p=0.0,
            presence_penalty=0.0,
            frequency_penalty=0.0,
            repetition_penalty=1.0,
            thinking_token_budget=None,
        )
