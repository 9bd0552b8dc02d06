"""Settings of the HTTP engine: what cannot work is refused in one line that shows no secret."""

from __future__ import annotations

from typing import Any

import pytest

from actors.http_engine.settings import Config, check_model, environment
from factory.config import fill
from factory.errors import BadInput

SECRET = "hush-1234"


def test_one_url_or_several_are_taken_each_once_without_a_slash_at_the_end() -> None:
    assert Config(base_url="http://a:1/v1/").urls == ("http://a:1/v1",)
    config = fill(Config, {"base_url": ["http://a/v1", "https://b:8/v1", "http://a/v1/"]}, "engine")
    assert config.urls == ("http://a/v1", "https://b:8/v1")


@pytest.mark.parametrize(
    "url",
    ["ftp://a/v1", "a:8000/v1", "http://", "http://a:99999/v1", "http://a b/v1", 7, {"a": 1}, [["http://a"]]],
)
def test_what_is_no_url_is_refused(url: Any) -> None:
    with pytest.raises(BadInput, match="base_url"):
        fill(Config, {"base_url": url}, "engine")


@pytest.mark.parametrize("url", [f"http://user:{SECRET}@a/v1", f"http://a/v1?key={SECRET}", f"http://a/v1#{SECRET}"])
def test_a_url_with_a_secret_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        fill(Config, {"base_url": ["http://b/v1", url]}, "engine")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("key", ["sk-hush-1234", "hf_hushAbCdEfGhIjKlMnOp1234", "gsk_hush1234567890abcdef"])
def test_a_key_in_the_place_of_a_variables_name_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(BadInput, match="name the variable") as refused:
        fill(Config, {"base_url": "http://a/v1", "api_key_env": key}, "engine")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "key", "AZURE_OPENAI_API_KEY_2_EAST", "my_key_of_the_judge_model"])
def test_a_variables_name_is_taken(name: str) -> None:
    assert Config(base_url="http://a/v1", api_key_env=name).api_key_env == name


@pytest.mark.parametrize(
    "values",
    [
        {"token_ids": "yes"},
        {"in_flight": 0},
        {"in_flight": 8, "max_in_flight": 4},
        {"min_in_flight": 0},
        {"request_s": 0.0},
        {"outage_s": float("inf")},
        {"start_s": float("nan")},
        {"attempts": 0},
        {"prompt_price": -1.0},
        {"completion_price": float("nan")},
    ],
)
def test_numbers_that_cannot_work_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(iter(values))):
        fill(Config, {"base_url": "http://a/v1", **values}, "engine")


def test_a_config_without_a_server_is_refused_before_anything_starts() -> None:
    with pytest.raises(BadInput, match="names no server"):
        environment(Config())


def test_no_key_is_in_the_actors_environment_by_ray() -> None:
    assert environment(Config(base_url="http://a/v1", api_key_env="TEAM_KEY")) == {}


def test_a_model_in_a_store_is_refused() -> None:
    check_model("org/name")
    with pytest.raises(BadInput, match="has its model already"):
        check_model("s3://bucket/model")
