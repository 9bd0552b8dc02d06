from tools.web.hostile_text import shown, shown_json
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


def test_json_is_made_visible_names_among_it() -> None:
    [(name, [text, *others])] = shown_json({HOSTILE: [HOSTILE, 1, None, True]}).items()
    assert name == text == shown(HOSTILE)
    assert others == [1, None, True]
