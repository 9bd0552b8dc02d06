"""Programs in completions, and whether two outputs are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.python_tests.extract import program
from factory.python_tests.stdout import same_output

F = "def f(): pass\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"Here:\n```python\n{F}```", F),
        (f"Here:\n```py\n{F}```\nIt works.", F),
        (f"```Python\n{F}```", F),
        (f"```\n{F}```", F),
        (f"```python\nx = 1\n```\nBetter:\n```python\n{F}```", F),
        (f"```python\n{F}```\nUse it:\n```python\nprint(f())\n```", F),
        (f"```python\n{F}```\nIt prints\n```\n3\n```", F),
        (f"```python\ndef f(): return 1\n```\nNo:\n```python\n{F}```", F),
        (f"<think>```python\nx\n```</think>```python\n{F}```", F),
        ("```python\nclass Solution:\n    def f(self): pass\n```", "class Solution:\n    def f(self): pass\n"),
        ("```python\nf = lambda: 1\n```", "f = lambda: 1\n"),
        ("```python\ndef broken(:\n```", "def broken(:\n"),
        (F, F),
    ],
)
def test_the_last_block_that_defines_what_is_wanted(text: str, wanted: str) -> None:
    assert program(text, {"f"}, bare=True) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I do not know.",
        "42",
        f"```python\n{F}",
        f"```python\n{F}```\nand\n```python\n",
        f"<think>```python\n{F}```",
        f"```java\n{F}```",
        f"```\n1\n```\n```\n{F}```",
        f"```python\n```python\n{F}```\n```",
        "def g(): pass",
        "f(1)",
    ],
)
def test_there_is_no_program(text: str) -> None:
    assert program(text, {"f"}, bare=True) is None


HELPER = "import math\ndef helper(): return math.pi\n"
USING = "def f(): return helper()\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"```python\n{HELPER}```\nthen\n```python\n{USING}```", f"{HELPER}\n{USING}"),
        (f"```python\nimport math\n```\n```python\ndef helper(): return math.pi\n```\n```python\n{USING}```",
         f"import math\n\ndef helper(): return math.pi\n\n{USING}"),
        (f"```python\n{HELPER}```\n```python\nfrom __future__ import annotations\n{USING}```",
         f"from __future__ import annotations\n{HELPER}\n{USING}"),
        (f"```python\nunused = 1\n```\n```python\n{F}```", F),
        ("```python\nhelper = 1\n```\n```python\ndef f(helper): return helper\n```", "def f(helper): return helper\n"),
    ],
)  # fmt: skip
def test_earlier_blocks_come_along_for_the_names_that_are_missing(text: str, wanted: str) -> None:
    assert program(text, {"f"}, bare=True) == wanted


@pytest.mark.parametrize(
    "code",
    [
        "from operator import add as f\n",
        "import f\n",
        "if True:\n    def f(): pass\n",
        "try:\n    import x\nexcept ImportError:\n    def f(): pass\n",
        "f, g = max, min\n",
        "f: object = max\n",
    ],
)
def test_a_definition_is_anything_that_binds_the_name_at_the_top(code: str) -> None:
    assert program(f"```python\n{code}```\nUse it:\n```python\nprint(f())\n```", {"f"}, bare=True) == code


def test_a_usage_that_imports_the_function_is_no_definition() -> None:
    usage = "```python\nfrom my_module import f\nprint(f())\n```"
    assert program(f"```python\n{F}```\n{usage}", {"f"}, bare=True) == F


BODY = "def f():\n    return 1\n"


@pytest.mark.parametrize("indent", ["  ", "    ", "\t", "        "])
def test_a_block_in_a_list_is_moved_to_the_margin(indent: str) -> None:
    block = "".join(f"{indent}{line}\n" for line in ["```python", *BODY.splitlines(), "```"])
    assert program(f"1. Like this:\n\n{block}\nDone.", {"f"}, bare=True) == BODY


def test_a_fence_in_a_docstring_ends_nothing() -> None:
    code = "def f():\n    '''\n    ```python\n    f()\n    ```\n    '''\n"
    assert program(f"```python\n{code}```", {"f"}, bare=True) == code
    assert program(code, {"f"}, bare=True) == code


def test_a_program_between_marks_is_read_without_them() -> None:
    assert program(f"Here:\n[BEGIN]\n{F}[DONE]\n", {"f"}, bare=True) == F
    assert program(f"[BEGIN]\n```python\n{F}```\n[DONE]", {"f"}, bare=True) == F


@pytest.mark.parametrize("text", [f"[BEGIN]\n{F}", f"{F}[DONE]", f"[DONE]\n{F}[BEGIN]", "[BEGIN]\n[DONE]"])
def test_half_of_the_marks_are_no_program(text: str) -> None:
    assert program(text, {"f"}, bare=True) is None


def test_a_bare_program_counts_only_where_that_is_wanted() -> None:
    assert program(F, {"f"}, bare=False) is None
    assert program("print(input())", frozenset(), bare=True) == "print(input())"
    assert program("42", frozenset(), bare=True) is None


@given(st.text("`python\ndef f():pass <think>/", max_size=60))
def test_any_text_has_one_program_or_none(text: str) -> None:
    found = program(text, {"f"}, bare=True)
    assert found is None or all(line.strip() in text for line in found.splitlines())


MANY = 50_000


@pytest.mark.parametrize(
    "text",
    ["(" * MANY, "f(" * MANY, "\0", "x = " + "-" * MANY + "1", "[" * MANY + "]" * MANY],
    ids=["open", "calls", "null", "signs", "nested"],
)
def test_text_that_breaks_parsers_does_not_break_this(text: str) -> None:
    assert program(f"```python\n{text}\n```", {"f"}, bare=True) == f"{text}\n"


@pytest.mark.parametrize(
    ("got", "wanted", "compare", "tolerance", "same"),
    [
        ("3\n", "3", "lines", 0, True),
        ("3  \n4\r\n\n", "3\n4\n", "lines", 0, True),
        ("3 4", "3\n4", "lines", 0, False),
        (" 3", "3", "lines", 0, False),
        ("", "3", "lines", 0, False),
        ("3.0", "3", "lines", 0, False),
        ("3 4", "3\n 4", "tokens", 0, True),
        ("34", "3 4", "tokens", 0, False),
        ("3\n", "3", "exact", 0, False),
        ("3\n", "3\n", "exact", 0, True),
        ("0.3333", "0.33333", "lines", 1e-3, True),
        ("0.3333", "0.33333", "lines", 0, False),
        ("a 0.3333", "b 0.33333", "tokens", 1e-3, False),
        ("nan", "1", "tokens", 1e9, False),
        ("1e999", "1e500", "tokens", 1e-3, False),
        ("1_0", "10", "tokens", 1e-3, False),
    ],
)
def test_outputs_are_compared_as_set(got: str, wanted: str, compare: str, tolerance: float, same: bool) -> None:
    assert same_output(got, wanted, compare=compare, float_tolerance=tolerance) is same


@pytest.mark.parametrize(
    "text",
    [
        f"~~~python\n{F}~~~",
        f"~~~\n{F}~~~",
        f"~~~ {{.python}}\n{F}~~~~",
        f"````python\n{F}````",
        f"````markdown\n```python\n{F}```\n````",
        f"~~~~~~~~\nTitle\n```python\n{F}```",
        f"```python\n{F}```<|im_end|>",
        f"```python\n{F}```</s>\n<|im_start|>user\nAnd?\n```python\ndef f(): return 9\n```",
        f"<|im_start|>assistant\n```python\n{F}```<|im_end|>",
        f"{F}</s>",
    ],
)
def test_other_fences_and_leftover_tokens_are_no_part_of_a_program(text: str) -> None:
    assert program(text, {"f"}, bare=True) == F


@pytest.mark.parametrize(
    "code",
    [
        '"""\nTitle\n~~~~~\n"""\ndef f(): pass\n',
        "def f(): return '</s>'\n",
        'def f():\n    return """\n<|im_end|>\n"""\n',
        "def f(): return '''\n~~~\n'''\n",
    ],
)
def test_other_marks_and_tokens_within_a_block_are_lines_of_it(code: str) -> None:
    assert program(f"```python\n{code}```", {"f"}, bare=True) == code


def test_an_open_block_of_tildes_is_no_program() -> None:
    assert program(f"~~~python\n{F}", {"f"}, bare=False) is None
