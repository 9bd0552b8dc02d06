"""Contracts of all plug-ins, kept by every file of every registry folder; a new file is tested by being there."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from omegaconf import OmegaConf
from support.records import records
from support.waiting import HANGS_S

from actors.contracts.engines import ENGINES
from actors.contracts.trainers import TRAINERS, TrainerPlugin
from factory import errors, types
from factory.contracts.checkers import CHECKERS, CheckerPlugin
from factory.contracts.formats import FORMATS, FormatPlugin
from factory.contracts.roles import GENERATE, SCORE
from factory.contracts.search import SEARCH
from factory.contracts.selection import SELECTION
from factory.contracts.sources import SOURCES
from factory.contracts.supervision import SUPERVISION
from factory.labelling.step_labels import SolutionLabels, StepLabel
from factory.plugins import Registry
from factory.question_pipeline.recipe import Recipe
from factory.records.record import SCHEMA, Failure, Provenance
from factory.records.tally import Tally
from factory.shards.commits import Receipt
from factory.shards.units import Unit

REGISTRIES = (SEARCH, SUPERVISION, CHECKERS, SOURCES, SELECTION, FORMATS, ENGINES, TRAINERS)
CONFIGURED = [registry for registry in REGISTRIES if registry is not FORMATS]
HEAVY = ("torch", "transformers", "peft", "vllm")  # what takes seconds to import


def every(*registries: Registry[Any]) -> Any:
    """Return a parameter list with one case per plug-in of `registries`."""
    cases = [(registry, name) for registry in registries for name in registry.names()]
    return pytest.mark.parametrize(("registry", "name"), cases, ids=[f"{one.package}.{name}" for one, name in cases])


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the classes and functions that a module defines under a public name."""
    for name, value in vars(module).items():
        ours = getattr(value, "__module__", None) == module.__name__ and not name.startswith("_")
        if ours and (inspect.isclass(value) or inspect.isfunction(value)):
            yield name, value


@every(*REGISTRIES)
def test_it_keeps_its_contract_and_says_what_it_is(registry: Registry[Any], name: str) -> None:
    plugin = registry.load(name)
    assert isinstance(plugin, registry.contract)
    module = import_module(f"{registry.package}.{name}")
    assert module.__doc__
    required = {field.name for field in fields(registry.contract) if field.default is MISSING} | {"judge"}
    assert not [name for name, value in public(module) if name in required - {"questions"} and not value.__doc__]


@every(*CONFIGURED)
def test_its_config_is_filled_from_an_empty_section_and_crosses_processes(registry: Registry[Any], name: str) -> None:
    schema = registry.load(name).Config
    config = OmegaConf.to_object(OmegaConf.structured(schema))
    assert config == schema()
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes


@every(*REGISTRIES)
def test_a_loaded_plug_in_crosses_processes(registry: Registry[Any], name: str) -> None:
    plugin = registry.load(name)
    assert pickle.loads(pickle.dumps(plugin)) == plugin  # noqa: S301 - our own bytes


@every(SEARCH, SUPERVISION)
def test_what_may_be_raised_later_is_a_whole_number(registry: Registry[Any], name: str) -> None:
    plugin = registry.load(name)
    declared = get_type_hints(plugin.Config)
    assert {declared[amount] for amount in plugin.EFFORT} <= {int}


@every(SEARCH)
def test_what_a_comparison_sets_for_equal_budgets_is_a_whole_number(registry: Registry[Any], name: str) -> None:
    plugin = registry.load(name)
    declared = get_type_hints(plugin.Config)
    assert plugin.main_amount == "" or declared[plugin.main_amount] is int


@every(SEARCH, SUPERVISION, CHECKERS)
def test_it_says_what_it_has_each_role_do(registry: Registry[Any], name: str) -> None:
    plugin = registry.load(name)
    assert set(plugin.roles(plugin.Config()).values()) <= {GENERATE, SCORE}


@every(TRAINERS)
def test_a_trainer_says_what_its_actor_holds(registry: Registry[TrainerPlugin], name: str) -> None:
    trainer = registry.load(name)
    held = trainer.resources(trainer.Config())
    assert set(held) == {"num_cpus", "num_gpus"}
    assert all(isinstance(amount, float) and amount >= 0 for amount in held.values())


@every(TRAINERS, ENGINES)
def test_importing_one_is_cheap(registry: Registry[Any], name: str) -> None:
    modules = f"{registry.package}.{name}, actors.contracts.engines, actors.contracts.trainers"
    load = f"import sys, {modules}; print(*(set({HEAVY!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, timeout=HANGS_S, check=True)
    assert done.stdout.split() == []


@every(FORMATS)
def test_a_format_of_json_lines_has_no_schema(registry: Registry[FormatPlugin], name: str) -> None:
    view = registry.load(name)
    assert (".jsonl" if view.FEATURES is None else ".parquet") == view.SUFFIX


@every(FORMATS)
def test_a_format_reads_no_other_columns_of_a_record_than_it_names(registry: Registry[FormatPlugin], name: str) -> None:
    view = registry.load(name)
    assert "COLUMNS" in vars(import_module(f"factory.formats.{name}"))
    assert set(view.COLUMNS) <= set(SCHEMA.names)
    assert len(set(view.COLUMNS)) == len(view.COLUMNS)
    for record in records():
        projected = {column: record[column] for column in view.COLUMNS}
        assert list(view.rows(projected)) == list(view.rows(record))


@every(FORMATS)
def test_a_format_that_can_be_read_back_says_how(registry: Registry[FormatPlugin], name: str) -> None:
    parse = registry.load(name).parse
    assert parse is None or parse.__doc__


@every(CHECKERS)
def test_a_checker_names_itself_with_a_version_for_the_records(registry: Registry[CheckerPlugin], name: str) -> None:
    assert "/" in registry.load(name).NAME_VERSION


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.package)
def test_a_registry_folder_holds_plug_ins_only(registry: Registry[Any]) -> None:
    package = import_module(registry.package)
    assert package.__doc__
    assert not list(public(package))
    [folder] = package.__path__
    left = {path.name for path in Path(folder).iterdir() if path.suffix != ".md"} - {"__init__.py", "__pycache__"}
    assert left <= {f"{name}.py" for name in registry.names()}


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
