"""Thoughts and answers apart in records, and what the model has written put together again."""

import pytest
from support.thinking import FAMILIES

from factory.records.thought_fields import thought_fields, whole_text


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("cut", [None, 32], ids=["whole", "cut off"])
def test_what_the_model_has_written_comes_back(family, cut):
    written = family.written("I add 2 and 3.\n\nThat is 5.", "The answer is 5.")[:cut]
    fields = thought_fields(written, "stop", begun=family.in_prompt)
    assert whole_text(fields) == written
    assert (fields["thought_closing"] is None) == (cut is not None)


def test_a_model_that_does_not_think_aloud_has_its_text_alone():
    fields = thought_fields("The answer is 5.", "stop", begun=False)
    assert fields["text"] == whole_text(fields) == "The answer is 5."
    assert (fields["reasoning"], fields["thought_opening"], fields["thought_closing"]) == (None, None, None)


def test_rows_of_earlier_schemas_have_their_text_alone():
    assert whole_text({"text": "<think>a</think> 5"}) == "<think>a</think> 5"


def test_only_a_text_that_was_cut_off_is_looping():
    assert thought_fields("wait " * 500, "length", begun=False)["looping"] is True
    assert thought_fields("wait " * 500, "stop", begun=False)["looping"] is False
