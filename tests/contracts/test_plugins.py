"""Every file in a plug-in folder keeps that folder's contract. A new file is checked without being registered."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from omegaconf import OmegaConf
from support.records import records

from factory import errors, interfaces, types
from factory.labelling.step_labels import SolutionLabels, StepLabel
from factory.plugins import names, plugin
from factory.question_pipeline.recipe import Recipe
from factory.records.record import SCHEMA, Failure, Provenance
from factory.records.tally import Tally
from factory.shards.commits import Receipt
from factory.shards.units import Unit

CONFIGURED = ["factory.search", "factory.supervision", "factory.checkers", "factory.sources", "factory.selection"]
CONFIGURED += ["actors.engines", "actors.trainers"]
SIGNATURES = {
    "factory.search": ("search", ["tree", "policy", "config", "rng"], True),
    "factory.supervision": ("label", ["tree", "policy", "config", "rng", "experience"], True),
    "factory.checkers": ("check", ["question", "text", "config"], False),
    "factory.sources": ("questions", ["config"], False),
    "factory.selection": ("select", ["found", "hint", "gold", "config", "rng"], False),
    "factory.formats": ("rows", ["record"], False),
    "actors.trainers": ("train", ["job", "config", "report"], False),
}
HEAVY = ("torch", "transformers", "peft", "vllm")  # what takes seconds to import
JUDGE = ("judge", ["question", "text", "models", "config"], True)  # a checker that asks a model, instead of `check`
CHECKER_OPTIONS = {
    "settle": ["question", "text", "config"],
    "limits": ["config"],
    "require": ["config"],
    "preload": [],
    "right_answer": ["question"],
}


def every(*folders: str) -> Any:
    """One case per plug-in of `folders`."""
    found = [(folder, name) for folder in folders for name in names(folder)]
    return pytest.mark.parametrize(("folder", "name"), found, ids=[f"{folder}.{name}" for folder, name in found])


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Classes and functions a module defines under a public name."""
    for name, value in vars(module).items():
        ours = getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
        if ours and (inspect.isclass(value) or inspect.isfunction(value)):
            yield name, value


@every(*CONFIGURED)
def test_its_config_is_a_dataclass_with_a_default_for_everything(folder: str, name: str) -> None:
    schema = plugin(folder, name).Config
    assert is_dataclass(schema)
    config = OmegaConf.to_object(OmegaConf.structured(schema))
    assert config == schema()
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes


@every(*SIGNATURES)
def test_its_function_has_the_signature_of_its_folder(folder: str, name: str) -> None:
    called, parameters, is_async = SIGNATURES[folder]
    module = plugin(folder, name)
    if folder == "factory.checkers" and hasattr(module, "judge"):
        called, parameters, is_async = JUDGE
    function = getattr(module, called)
    assert list(inspect.signature(function).parameters) == parameters
    assert inspect.iscoroutinefunction(function) == is_async


@every(*SIGNATURES, "actors.engines")
def test_it_says_what_it_is(folder: str, name: str) -> None:
    module = plugin(folder, name)
    assert module.__doc__
    required = {"Config", SIGNATURES.get(folder, ("Engine",))[0]} - {"check", "questions"}
    lacking = [name for name, value in public(module) if name in required and not value.__doc__]
    assert not lacking


@every("factory.search", "factory.supervision")
def test_what_may_be_raised_later_is_an_amount_with_a_default(folder: str, name: str) -> None:
    module = plugin(folder, name)
    amounts = getattr(module, "EFFORT", ())
    types_of = {field.name: field.type for field in fields(module.Config)}
    assert isinstance(amounts, tuple)
    assert all(types_of[amount] in (int, "int") for amount in amounts)
    assert all(isinstance(getattr(module.Config(), amount), int) for amount in amounts)


@every("factory.selection")
def test_a_selection_says_whether_it_wants_unsolved_questions_asked_again_with_a_hint(folder: str, name: str) -> None:
    assert isinstance(plugin(folder, name).RATIONALISES, bool)


@every("actors.trainers")
def test_a_trainer_says_what_its_actor_holds(folder: str, name: str) -> None:
    module = plugin(folder, name)
    held = module.resources(module.Config())
    assert set(held) == {"num_cpus", "num_gpus"}
    assert all(isinstance(amount, float) and amount >= 0 for amount in held.values())


@every("actors.trainers")
def test_what_a_trainer_has_besides_reads_its_config(folder: str, name: str) -> None:
    for called in ("resources", "environment", "require"):
        function = getattr(plugin(folder, name), called, None)
        assert function is None or list(inspect.signature(function).parameters) == ["config"], called


@every("actors.trainers")
def test_what_a_trainer_may_leave_out_of_a_fingerprint_are_keys_of_its_config(folder: str, name: str) -> None:
    module = plugin(folder, name)
    assert set(getattr(module, "EXECUTION", ())) <= {field.name for field in fields(module.Config)}


@every("actors.trainers")
def test_importing_a_trainer_is_cheap(folder: str, name: str) -> None:
    loaded = f"import sys, {folder}.{name}; print(*(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


@every("factory.formats")
def test_a_format_names_its_columns_and_its_suffix(folder: str, name: str) -> None:
    module = plugin(folder, name)
    assert module.FEATURES is None or isinstance(module.FEATURES, pa.Schema)
    assert (".jsonl" if module.FEATURES is None else ".parquet") == module.SUFFIX


@every("factory.formats")
def test_a_format_reads_no_other_columns_of_a_record_than_it_names(folder: str, name: str) -> None:
    module = plugin(folder, name)
    assert set(module.COLUMNS) <= set(SCHEMA.names)
    assert len(set(module.COLUMNS)) == len(module.COLUMNS)
    for record in records():
        projected = {column: record[column] for column in module.COLUMNS}
        assert list(module.rows(projected)) == list(module.rows(record))


@every("factory.formats")
def test_a_format_that_can_be_read_back_takes_a_line_and_where_it_stands(folder: str, name: str) -> None:
    parse = getattr(plugin(folder, name), "parse", None)
    if parse is not None:
        assert list(inspect.signature(parse).parameters) == ["line", "where"]
        assert parse.__doc__


@every("factory.checkers")
def test_a_checker_names_itself_for_the_records(folder: str, name: str) -> None:
    assert "/" in plugin(folder, name).NAME_VERSION


@every("factory.checkers")
def test_what_a_checker_has_besides_is_what_its_users_call(folder: str, name: str) -> None:
    for called, parameters in CHECKER_OPTIONS.items():
        function = getattr(plugin(folder, name), called, None)
        assert function is None or list(inspect.signature(function).parameters) == parameters, called


@every("actors.engines")
def test_an_engine_has_every_method_of_the_protocol(folder: str, name: str) -> None:
    engine = plugin(folder, name).Engine
    assert list(inspect.signature(engine).parameters) == ["config", "model"]
    for method in ("start", "generate", "health", "load_weights", "close"):
        ours, theirs = getattr(engine, method), getattr(interfaces.Engine, method)
        assert inspect.iscoroutinefunction(ours), method
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), method


@pytest.mark.parametrize("folder", [*SIGNATURES, "actors.engines"])
def test_a_plug_in_folder_registers_nothing(folder: str) -> None:
    package = import_module(folder)
    assert package.__doc__
    assert not list(public(package))


ERRORS = [error for _, error in public(errors)]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_keeps_type_message_and_attempts_through_pickling(error: type[Exception]) -> None:
    raised = error("got a, expected b")
    raised.attempts = 7  # type: ignore[attr-defined]
    back = pickle.loads(pickle.dumps(raised))  # noqa: S301 - our own bytes
    assert (type(back), str(back), back.attempts) == (error, "got a, expected b", 7)
    assert issubclass(error, errors.FactoryError)
    assert error.__doc__


FROZEN = [value for _, value in public(types) if is_dataclass(value)]
FROZEN += [StepLabel, SolutionLabels, Failure, Provenance, Recipe, Receipt, Unit]


@pytest.mark.parametrize("record", FROZEN)
def test_what_crosses_a_process_is_frozen_slotted_and_keyword_only(record: Any) -> None:
    assert record.__dataclass_params__.frozen
    assert hasattr(record, "__slots__")
    assert all(field.kw_only for field in record.__dataclass_fields__.values())


def test_what_crosses_a_process_pickles_to_the_same() -> None:
    question = types.Question(text="What?", gold="4", metadata={"level": "1"})
    verdict = types.Verdict(outcome=types.Outcome.CORRECT, answer="4")
    request = types.GenerateRequest(question_id=question.id, prompt=(("user", "Q"),), prefix=(1, 2))
    receipt = Receipt(unit_id="u", name="p", n_bytes=1, tally=Tally(questions=1), created=True)
    for value in (question, verdict, request, receipt, Unit(id="u", index=0, questions=(question,))):
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own bytes
