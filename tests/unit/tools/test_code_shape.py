"""Measures of the code's shape and writing, on small made-up trees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.code_shape import folders, main, opens_on_function_word, writing


def module(root: Path, name: str, text: str = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_folder_with_too_many_modules_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(17):
        module(tmp_path, f"factory/rollouts/m{number}.py")
    assert main(["--root", str(tmp_path)]) == 1
    assert "factory/rollouts: 17 modules, expected at most 16" in capsys.readouterr().err


def test_a_registry_may_hold_more_and_init_files_do_not_count(tmp_path: Path) -> None:
    for number in range(24):
        module(tmp_path, f"factory/formats/m{number}.py")
    module(tmp_path, "factory/formats/__init__.py")
    assert main(["--root", str(tmp_path)]) == 0


@pytest.mark.parametrize(("lines", "faults"), [(300, 0), (301, 1)])
def test_a_file_has_at_most_300_lines(tmp_path: Path, lines: int, faults: int) -> None:
    module(tmp_path, "tools/long.py", "x = 1\n" * lines)
    [folder] = folders(tmp_path, ["tools"])
    assert len(list(folder.faults())) == faults


@pytest.mark.parametrize(("lines", "faults"), [(60, 0), (61, 1)])
def test_a_function_has_at_most_60_lines(tmp_path: Path, lines: int, faults: int) -> None:
    module(tmp_path, "tools/long.py", "def f():\n" + "    x = 1\n" * (lines - 1))
    [folder] = folders(tmp_path, ["tools"])
    assert len(list(folder.faults())) == faults


@pytest.mark.parametrize("docstring", ["What it is.", "A thing.", "The thing.", "`Where` it lies.", "*of* old"])
def test_a_docstring_may_not_open_on_a_function_word(docstring: str) -> None:
    assert opens_on_function_word(docstring)


@pytest.mark.parametrize("docstring", ["Return the thing.", "Posterior over steps.", "", "`whatever`: a name."])
def test_a_docstring_opens_on_a_verb_or_a_noun(docstring: str) -> None:
    assert not opens_on_function_word(docstring)


def test_comments_count_on_lines_of_their_own_only() -> None:
    assert writing("# why\nx = 1  # beside it\n", "m.py").comments == 1


def test_a_function_of_three_arguments_documents_each_on_a_line() -> None:
    both = "def f(a, b, c):\n    '''Add.\n\n    Args:\n      a: one.\n      b: two.\n{}    '''\n"
    assert writing(both.format("      c: three.\n"), "m.py").with_arguments_documented == 1
    lacking = writing(both.format(""), "m.py")
    assert (lacking.with_many_arguments, lacking.with_arguments_documented) == (1, 0)


def test_self_and_private_functions_do_not_count_as_arguments_to_document() -> None:
    text = "class C:\n    def f(self, a, b): ...\n\ndef _g(a, b, c): ...\n"
    assert writing(text, "m.py").with_many_arguments == 0
