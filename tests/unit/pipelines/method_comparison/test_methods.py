"""Methods as a user writes them, on a command line or in a config: the same either way."""

from __future__ import annotations

from typing import Any

import pytest

from factory.errors import BadInput
from pipelines.method_comparison.methods import entries, methods_of


def changed(entry: Any) -> dict[str, Any]:
    """Return what a method with this entry changes of a config."""
    return {section: dict(values) for section, values in methods_of({"name": entry})["name"].changed.items()}


def test_a_key_without_a_dot_is_the_search_methods_own() -> None:
    assert changed("best_of_n n=8 select=weighted") == {"search": {"method": "best_of_n", "n": 8, "select": "weighted"}}
    assert changed("best_of_n search.n=8") == changed("best_of_n n=8")


def test_sampling_and_prompt_may_be_a_methods_own() -> None:
    cool = {"search": {"method": "sample", "n": 2}, "sampling": {"temperature": 0.2}}
    assert changed("sample n=2 sampling.temperature=0.2") == cool
    assert changed({"method": "sample", "n": 2, "sampling": {"temperature": 0.2}}) == cool


def test_values_are_quoted_as_in_a_shell() -> None:
    assert changed("mine.search 'words=two words'")["search"]["words"] == "two words"


def test_a_method_without_a_name_is_called_as_its_search() -> None:
    assert entries(["majority: sample n=2", "my_package.mine n=4"]) == {
        "majority": "sample n=2",
        "mine": "my_package.mine n=4",
    }


@pytest.mark.parametrize("entry", [None, {}, {"n": 8}, 3, ""])
def test_an_entry_without_a_search_method_is_refused(entry: Any) -> None:
    with pytest.raises(BadInput, match="Expected a search method"):
        methods_of({"name": entry})


@pytest.mark.parametrize("name", ["..", "a b", "", "x" * 65])
def test_a_name_has_to_be_that_of_a_folder(name: str) -> None:
    with pytest.raises(BadInput, match="is no name of a method"):
        methods_of({name: "sample"})
