"""Chat templates that end the prompt within a thought."""

import pytest

from actors.models.chat_template import ChatTemplate


class Tokenizer:
    """Tokenizer with a template that ends the prompt like this."""

    all_special_tokens = ()
    chat_template = "there"

    def __init__(self, end: str) -> None:
        self.end = end

    def apply_chat_template(self, messages, *, add_generation_prompt, tokenize):
        said = "".join(f"[{message['role']}] {message['content']}\n" for message in messages)
        return said + (f"[assistant] {self.end}" if add_generation_prompt else "")


@pytest.mark.parametrize(
    ("end", "opens"), [("<think>\n", True), ("<think>\n\n</think>\n\n", False), ("", False), ("[THINK]", True)]
)
def test_it_is_seen_whether_a_template_opens_a_thought(end, opens):
    assert ChatTemplate(Tokenizer(end), "m").opens_a_thought is opens
