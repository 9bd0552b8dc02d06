import json

import pytest

from tools.web.hostile_text import embedded_json, shown, shown_json
from tools.web.templates import environment

HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m\u202eabc\u2066\x00\ud800\u2028&'\""


def printed(text: object) -> str:
    return environment("tools.report").from_string('<p title="{{ text }}">{{ text }}</p>').render(text=text)


def test_a_template_escapes_markup_and_makes_the_rest_visible() -> None:
    page = printed(HOSTILE)
    assert "<img" not in page
    assert page.count('"') == 2
    for mark in (r"\x1b", r"\u202e", r"\u2066", r"\x00", r"\ud800", r"\u2028"):
        assert page.count(mark) == 2
    page.encode()  # no lone surrogate is left


def test_nothing_is_printed_for_none_and_numbers_stay_numbers() -> None:
    assert printed(None) == '<p title=""></p>'
    assert shown(3) == 3


def test_json_in_a_page_cannot_end_its_script_and_reads_back_as_what_is_shown() -> None:
    text = str(embedded_json({HOSTILE: [HOSTILE, 1, None, True]}))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == shown_json({HOSTILE: [HOSTILE, 1, None, True]})


def test_json_in_a_page_has_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded_json({"share": float("nan")})
