"""A config that is written and read again is the same, whatever characters its texts hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.config import as_yaml, fill, parse_yaml
from factory.errors import BadInput

# Beyond the BMP, line ends of Unicode, controls, YAML's and OmegaConf's own signs, and all else but halves.
SIGNS = "🎉𠮷é\u2028\x85\ufeff\x00\x1b\t\n \\\"'${}[]#&*!|>%@:-~,?=01eyn"
TEXTS = st.text(st.sampled_from(SIGNS) | st.characters(exclude_categories=["Cs"]))


@dataclass
class Section:
    """Section with texts."""

    path: str = ""
    stop: list[str] = field(default_factory=list)


@given(st.dictionaries(st.sampled_from(["path", "other"]), TEXTS | st.lists(TEXTS)))
def test_yaml_is_read_back_as_the_mapping_it_was_made_of(plain):
    assert parse_yaml(as_yaml({"source": plain}), "config.yaml") == {"source": plain}


@pytest.mark.parametrize("text", ["🎉", "𠮷/q.jsonl", "👩‍🚀", "${x}", r"\${x}", "${", "$", "1e5", "yes", "null", ""])
def test_a_text_of_a_section_stays_as_it_is(text):
    assert fill(Section, {"path": text, "stop": [text]}, "source") == Section(text, [text])


@pytest.mark.parametrize("override", ["source.path=a\udcff", r'source.stop=["\ud83d"]', r'source={"\ud83d": 1}'])
def test_half_a_character_is_refused_in_one_line(override):
    with pytest.raises(BadInput, match=r"^(c\.yaml|override )") as caught:
        parse_yaml("{}", "c.yaml", [override])
    str(caught.value).encode()


@pytest.mark.parametrize("value", ["*.jsonl", "[a", "@x", "%x", "!x", "{a", "'a"])
def test_an_override_that_is_no_yaml_is_named_with_what_to_do(value):
    with pytest.raises(
        BadInput, match=r"^override .source\.path=.*signs needs quotes .*'source\.path=\"\.\.\.\"'"
    ) as caught:
        parse_yaml("{}", "c.yaml", ["run.dir=x", f"source.path={value}"])
    assert "\n" not in str(caught.value)
    assert parse_yaml("{}", "c.yaml", [f'source.path="{value}"']) == {"source": {"path": value}}


def test_no_message_repeats_a_secret():
    for override in ("storage.secret=*hush", "storage.secret=hush\udcff"):
        with pytest.raises(BadInput) as caught:
            parse_yaml("{}", "c.yaml", [override])
        assert "hush" not in str(caught.value)
