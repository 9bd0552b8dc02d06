"""Plug-in files that do not keep their contract: refused in one line with the file, what is wrong, and the contract."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.contracts.engines import ENGINES
from actors.contracts.trainers import TRAINERS
from factory.contracts.checkers import CHECKERS, boxed_gold
from factory.contracts.formats import FORMATS, no_labels, uses_every_solution
from factory.contracts.search import SEARCH
from factory.contracts.selection import SELECTION
from factory.contracts.sources import SOURCES
from factory.contracts.supervision import SUPERVISION
from factory.errors import BadInput
from factory.plugins import Registry
from factory.records.schema import SCHEMA
from pipelines.run.contract import PIPELINES

Refused = Callable[..., str]
Write = Callable[[str], str]

CONFIG = """
from dataclasses import dataclass

@dataclass
class Config:
    n: int = 1
"""
# One file per registry that keeps its contract with as little as it may.
GOOD: dict[str, tuple[Registry[Any], str]] = {
    "search": (SEARCH, f"{CONFIG}\nasync def search(tree, policy, config, rng): ..."),
    "supervision": (SUPERVISION, f"{CONFIG}\nasync def label(tree, policy, config, rng, experience): return dict()"),
    "check": (CHECKERS, f"{CONFIG}\ndef check(question, text, config): ..."),
    "judge": (CHECKERS, f"{CONFIG}\nasync def judge(question, text, models, config): ..."),
    "source": (SOURCES, f"{CONFIG}\ndef questions(config): yield from ()"),
    "selection": (SELECTION, f"{CONFIG}\nRATIONALISES = False\ndef select(candidates, hint, gold, config, rng): ..."),
    "format": (FORMATS, "SUFFIX, FEATURES = '.jsonl', None\ndef rows(record): yield from ()"),
    "trainer": (TRAINERS, f"{CONFIG}\ndef train(job, config, report): ..."),
    "engine": (ENGINES, f"{CONFIG}\nfrom actors.engines.simulated import Engine"),
    "pipeline": (
        PIPELINES,
        "from pipelines.run.contract import Pipeline\n"
        "def run(settings, listener=None, *, retry_failed=False): ...\n"
        "PIPELINE = Pipeline(run=run)",
    ),
}
EVERY = pytest.mark.parametrize("kind", GOOD)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes a plug-in file and returns the dotted name to pick it by."""
    package = f"somebody_{abs(hash(tmp_path))}"
    (tmp_path / package).mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))

    def written(source: str) -> str:
        (tmp_path / package / "theirs.py").write_text(textwrap.dedent(source))
        importlib.invalidate_caches()
        return f"{package}.theirs"

    return written


@EVERY
def test_a_file_with_the_required_names_keeps_the_contract(kind: str, write: Write) -> None:
    registry, source = GOOD[kind]
    name = write(source)
    plugin = registry.load(name)
    assert isinstance(plugin, registry.contract)
    assert plugin.name == name
    assert registry.load(name) is plugin


def test_what_a_file_leaves_out_has_a_default(write: Write) -> None:
    checker = CHECKERS.load(write(GOOD["check"][1]))
    assert (checker.NAME_VERSION, checker.judge, checker.right_answer) == (checker.name, None, boxed_gold)
    assert checker.limits(checker.Config()).timeout_s == 5


def test_what_a_format_leaves_out_has_a_default(write: Write) -> None:
    view = FORMATS.load(write(GOOD["format"][1]))
    assert (view.COLUMNS, view.ONLY_RIGHT, view.parse) == (tuple(SCHEMA.names), False, None)
    assert (view.labels, view.uses) == (no_labels, uses_every_solution)


def test_a_list_may_stand_for_a_tuple(write: Write) -> None:
    assert SEARCH.load(write(GOOD["search"][1] + "\nEFFORT = ['n']")).EFFORT == ("n",)


async def test_an_engine_is_none_in_what_it_does_not_say_of_itself(write: Write) -> None:
    bare = """
    class Engine:
        name = "bare"
        revision = "r1"
        def __init__(self, config, model): ...
        async def start(self): ...
        async def generate(self, requests): ...
        async def health(self): ...
        async def load_weights(self, path): ...
        async def close(self): ...
    """
    plugin = ENGINES.load(write(CONFIG + textwrap.dedent(bare)))
    engine = plugin.made(plugin.Config(), "m")
    assert (engine.name, engine.model, engine.revision, engine.max_model_len) == ("bare", None, "r1", None)
    assert (engine.max_num_seqs, engine.max_num_batched_tokens) == (None, None)
    assert await engine.stats() == {}
    assert (plugin.num_cpus(plugin.Config()), plugin.num_gpus(plugin.Config())) == (0, 0)


def test_a_module_that_was_imported_anew_is_loaded_anew(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    name = write("NAME_VERSION = 'theirs/1'\n" + GOOD["check"][1])
    assert CHECKERS.load(name).NAME_VERSION == "theirs/1"
    write("NAME_VERSION = 'theirs/22'\n" + GOOD["check"][1])
    assert CHECKERS.load(name).NAME_VERSION == "theirs/1"
    monkeypatch.delitem(sys.modules, name)
    assert CHECKERS.load(name).NAME_VERSION == "theirs/22"


BROKEN = [
    ("search", "", "Config is missing; search is missing, expected a function (tree, policy, config, rng)"),
    ("search", "{good}\ndef search(tree, policy, config, rng): ...", "search should be async"),
    (
        "search",
        "{good}\nasync def search(tree, config): ...",
        "search(tree, config) should be search(tree, policy, config, rng)",
    ),
    ("search", "{good}\nsearch = 3", "search is 3, expected a function (tree, policy, config, rng)"),
    ("search", "{good}\nclass Config: ...", "Config is not a dataclass"),
    ("search", "{good}\nConfig = Config()", "Config is not a dataclass"),
    ("search", "{good}\n@dataclass\nclass Config:\n    n: int", "Config.n has no default"),
    ("search", "{good}\nEFFORT = 'n'", "EFFORT is 'n', expected a tuple of str"),
    ("search", "{good}\nEFFORT = ('m',)", "EFFORT names 'm', which is not a field of Config (n)"),
    ("search", "{good}\nBUDGET = 'm'", "BUDGET names 'm', which is not a field of Config (n)"),
    (
        "supervision",
        "{good}\nasync def label(tree, policy, config, rng): ...",
        "label(tree, policy, config, rng) should be label(tree, policy, config, rng, experience)",
    ),
    ("supervision", "{good}\nEFFORT = (1,)", "EFFORT is (1,), expected a tuple of str"),
    ("check", "{good}\nasync def check(question, text, config): ...", "check should not be async"),
    ("check", "{good}\ndel check", "it defines neither of them, expected one of check(question, text, config) and"),
    ("check", "{good}\nasync def judge(question, text, models, config): ...", "it defines both, expected one of"),
    ("check", "{good}\ndef settle(text, config): ...", "settle(text, config) should be settle(question, text, config)"),
    ("check", "{good}\ndef limits(): ...", "limits() should be limits(config)"),
    ("check", "{good}\ndef require(): ...", "require() should be require(config)"),
    ("check", "{good}\ndef preload(config): ...", "preload(config) should be preload()"),
    ("check", "{good}\ndef right_answer(gold): ...", "right_answer(gold) should be right_answer(question)"),
    ("check", "{good}\nNAME_VERSION = 2", "NAME_VERSION is 2, expected str"),
    ("judge", "{good}\ndef judge(question, text, models, config): ...", "judge should be async"),
    ("source", "{good}\ndef questions(): ...", "questions() should be questions(config)"),
    ("source", "{good}\nasync def questions(config): ...", "questions should not be async"),
    ("source", "{good}\ndef questions_in(config): ...", "questions_in(config) should be questions_in(store, config)"),
    ("selection", "{good}\ndel RATIONALISES", "RATIONALISES is missing"),
    ("selection", "{good}\nRATIONALISES = 'no'", "RATIONALISES is 'no', expected bool"),
    (
        "selection",
        "{good}\ndef select(found, config): ...",
        "select(found, config) should be select(candidates, hint, gold, config, rng)",
    ),
    ("format", "", "rows is missing, expected a function (record); FEATURES is missing; SUFFIX is missing"),
    ("format", "{good}\nFEATURES = ['a']", "FEATURES is ['a'], expected Schema"),
    ("format", "{good}\nCOLUMNS = 'solutions'", "COLUMNS is 'solutions', expected a tuple of str"),
    ("format", "{good}\ndef parse(line): ...", "parse(line) should be parse(line, where)"),
    ("format", "{good}\ndef labels(): ...", "labels() should be labels(row)"),
    ("format", "{good}\nuses = True", "uses is True, expected a function (solution)"),
    ("trainer", "{good}\ndef train(job): ...", "train(job) should be train(job, config, report)"),
    ("trainer", "{good}\ndef resources(): ...", "resources() should be resources(config)"),
    ("trainer", "{good}\ndef check_data(config): ...", "check_data(config) should be check_data(folder, config)"),
    ("trainer", "{good}\nEXECUTION = ('threads',)", "EXECUTION names 'threads', which is not a field of Config (n)"),
    ("trainer", "{good}\nREPLACES_BASE = None", "REPLACES_BASE is None, expected bool"),
    ("engine", "{good}\ndel Engine", "Engine is missing, expected a function (config, model)"),
    ("engine", "{good}\nclass Engine: ...", "Engine() should be Engine(config, model)"),
    (
        "engine",
        "{good}\nclass Engine:\n    def __init__(self, config, model): ...\n    def start(self): ...",
        "Engine.start should be async; Engine.generate is missing; Engine.health is missing; "
        "Engine.load_weights is missing; Engine.close is missing",
    ),
    ("engine", "{good}\nclass Engine(Engine):\n    def stats(self): ...", "Engine.stats should be async"),
    ("engine", "{good}\ndef check_model(config): ...", "check_model(config) should be check_model(model)"),
    ("engine", "{good}\nSCORES = True\nclass Engine(Engine): ...", "Engine.score is missing"),
    ("engine", "{good}\nSCORES = 1", "SCORES is 1, expected bool"),
    (
        "engine",
        "{good}\ndef check_settings(model): ...",
        "check_settings(model) should be check_settings(model, config)",
    ),
    ("pipeline", "", "PIPELINE is missing"),
    ("pipeline", "def run(settings): ...\nPIPELINE = run", ", expected Pipeline"),
]


@pytest.mark.parametrize(("kind", "source", "complaint"), BROKEN, ids=[f"{kind}-{said}" for kind, _, said in BROKEN])
def test_a_broken_plug_in_is_one_line_that_says_what_is_wrong(
    kind: str, source: str, complaint: str, write: Write
) -> None:
    registry, good = GOOD[kind]
    with pytest.raises(BadInput) as refused:
        registry.load(write(source.replace("{good}", good)))
    said = str(refused.value)
    assert "\n" not in said
    assert f"theirs.py is not {registry.kind}: " in said
    assert complaint in said
    # The contract that the line names is where it says.
    module = registry.contract.__module__
    assert said.endswith(f"Its contract is {registry.contract.__name__} in {module.replace('.', '/')}.py.")
    assert Path(f"{module.replace('.', '/')}.py").is_file()


@EVERY
def test_a_file_that_does_not_import_is_one_line(kind: str, write: Write) -> None:
    registry, _ = GOOD[kind]
    with pytest.raises(BadInput, match=r"theirs\.py, line 1, is not valid Python: ") as refused:
        registry.load(write("def ("))
    assert "\n" not in str(refused.value)
    with pytest.raises(BadInput, match="cannot be imported: No module named 'no_such_library'"):
        registry.load(write("import no_such_library"))


@EVERY
def test_a_bug_in_a_plug_in_stays_a_bug(kind: str, write: Write) -> None:
    with pytest.raises(ZeroDivisionError):
        GOOD[kind][0].load(write("1 / 0"))


@pytest.mark.parametrize(
    ("override", "contract"),
    [
        ("search.method", "factory/contracts/search.py"),
        ("supervision.method", "factory/contracts/supervision.py"),
        ("checker.kind", "factory/contracts/checkers.py"),
        ("source.kind", "factory/contracts/sources.py"),
        ("engine.kind", "actors/contracts/engines.py"),
        ("pipeline", "pipelines/run/contract.py"),
    ],
)
def test_the_command_refuses_a_broken_plug_in(
    override: str, contract: str, refused: Refused, config: Path, write: Write
) -> None:
    said = refused("run", config, f"{override}={write('')}")
    assert "theirs.py is not a" in said
    assert " is missing" in said
    assert said.endswith(f"in {contract}.")


@pytest.mark.parametrize(
    ("override", "contract"),
    [("keep.method", "factory/contracts/selection.py"), ("trainer.kind", "actors/contracts/trainers.py")],
)
def test_a_run_of_self_training_refuses_a_broken_plug_in(
    override: str, contract: str, refused: Refused, write: Write, tmp_path: Path
) -> None:
    said = refused("run", "star", f"run.dir={tmp_path / 'run'}", f"{override}={write('')}")
    assert said.endswith(f"in {contract}.")


def test_an_export_and_an_import_refuse_a_broken_format(refused: Refused, write: Write, tmp_path: Path) -> None:
    name = write("")
    for said in (
        refused("export", tmp_path / "run", tmp_path / "out", "--format", name),
        refused("import", tmp_path / "lines.jsonl", tmp_path / "out", "--format", name),
    ):
        assert said.endswith("Its contract is FormatPlugin in factory/contracts/formats.py.")


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        ("search.method=smple", "'smple' is not a search method. Did you mean 'sample'?"),
        ("checker.kind=math_anser", "'math_anser' is not an answer checker. Did you mean 'math_answer'?"),
        ("engine.kind=vlm", "'vlm' is not an engine. Did you mean 'vllm'?"),
        (
            "pipeline=stars",
            "'stars' is not a pipeline. Did you mean 'star'? Valid: compare_methods, label_steps, prover_verifier, "
            "star, train, verifier_loop.",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_the_near_one(
    override: str, answer: str, refused: Refused, config: Path
) -> None:
    assert answer in refused("run", config, override)
