"""Outputs of reasoning models by family: what their chat templates make of thoughts and an answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """Marks of a family; `opening` is what the model writes, unless its prompt has it (`in_prompt`)."""

    name: str
    opening: str
    closing: str
    end: str = ""
    in_prompt: bool = False

    def whole(self, reasoning: str, answer: str) -> str:
        """Return the text of thoughts and answer with the opening mark."""
        return f"{self.opening}{reasoning}{self.closing}{answer}{self.end}"

    def written(self, reasoning: str, answer: str) -> str:
        """Return what the model itself writes."""
        return self.whole(reasoning, answer).removeprefix(self.opening if self.in_prompt else "")


FAMILIES = (
    Family("qwen3", "<think>\n", "\n</think>\n\n"),
    Family("deepseek_r1", "<think>\n", "\n</think>\n\n", in_prompt=True),
    Family(
        "gpt_oss",
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
    Family("magistral", "[THINK]", "[/THINK]"),
    Family("cohere", "<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    Family("kimi", "◁think▷", "◁/think▷"),
    Family("gemma", "<|channel>thought\n", "<channel|>"),
)
