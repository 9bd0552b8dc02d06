"""Chat templates of other models: without a system role, cutting reasoning, refusing; by plan and by tokens."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.training import CHATML, TEMPLATES, chat_data, raw_data, tiny_model, tiny_tokenizer

from actors.engines import vllm
from actors.models.chat_template import ChatTemplate, check_chat
from actors.training_data.tokens import IGNORED, Tokens
from factory.errors import BadInput, TrainingFailed
from pipelines.run import session
from tools.cli import main

SYSTEM, QUESTION = "Be brief.", "What is 1 + 2?"
CHAT = [("system", SYSTEM), ("user", "1 + 1?"), ("assistant", "2"), ("user", QUESTION)]
REASONED = "<think>\nI add 1 and 2.\n</think>\n\nIt is 3."
NO_SYSTEM = ["gemma", "mistral", "phi3"]
NO_ROLE = "has no system role: the system text is put in front of the first user message"
REFUSES = "{{ raise_exception('only tools may speak') }}"
USELESS = {
    None: "has no chat template. Expected one for chat messages; take prompt.style=raw",
    REFUSES: "refuses messages by user: only tools may speak. Take prompt.style=raw",
    "{{ messages[0].content }": "refuses messages by user: unexpected '}'",
    "{{ messages[0]['content']['text'] }}": "leaves out what the user says",
    "{% for part in messages[0]['content'] %}{{ part.text }}{% endfor %}": "leaves out what the user says",
    "{{ messages[0].tools.name }}": "refuses messages by user: 'dict object' has no attribute 'tools'",
}
Command = Callable[..., tuple[int, str, str]]


def model_folder(folder: Path, template: str | None) -> Path:
    """Make a model folder with everything but weights that anybody could load."""
    tiny_tokenizer(template=template).save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "max_position_embeddings": 256}))
    (folder / "model.safetensors").touch()
    return folder


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command which must not start Ray: its exit status, stdout and stderr."""

    def no_ray(address: str, **_: object) -> None:
        raise AssertionError("Ray was started")

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["factory", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    monkeypatch.setattr(session, "connected", no_ray)
    return call


def asked(folder: Path, name: str = "label_steps", **changes: object) -> list[str]:
    """Return the arguments of a run in `folder` that asks the model there in chat style."""
    settings = {
        "model": folder / "model",
        "run.dir": folder / "run",
        "source.n": 4,
        "prompt.style": "chat",
        "prompt.template": "zero_shot_cot",
        "prompt.separator": "newline",
        **changes,
    }
    return [f"pipelines/{name}.yaml", *(f"{key}={value}" for key, value in settings.items())]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_plan_says_once_where_the_system_text_goes(name: str, command: Command, tmp_path: Path) -> None:
    model_folder(tmp_path / "model", TEMPLATES[name])
    code, out, _ = command("plan", *asked(tmp_path))
    assert code == 0
    assert out.count(f"the chat template of model {tmp_path}/model {NO_ROLE}") == (name in NO_SYSTEM)
    assert "leaves out" not in out


@pytest.mark.parametrize("verb", ["plan", "run"])
@pytest.mark.parametrize(("template", "message"), USELESS.items())
def test_a_template_that_cannot_be_used_is_one_sentence_before_anything_starts(
    template: str | None, message: str, verb: str, command: Command, tmp_path: Path
) -> None:
    model_folder(tmp_path / "model", template)
    code, _, err = command(verb, *asked(tmp_path))
    *_, last = err.splitlines()
    assert (code, last.startswith("factory: "), "Traceback" in err) == (2, True, False)
    assert message in last
    assert f"model {tmp_path}/model" in last
    assert not (tmp_path / "run").exists()


def test_raw_prompts_need_no_template(command: Command, tmp_path: Path) -> None:
    model_folder(tmp_path / "model", None)
    code, out, _ = command("plan", *asked(tmp_path, **{"prompt.style": "raw"}))
    assert (code, "template of model" in out) == (0, False)


def test_a_model_that_is_not_here_is_left_to_its_engine(command: Command, tmp_path: Path) -> None:
    code, out, _ = command("plan", *asked(tmp_path, model="nobody/has-this-model"))
    assert (code, "template of model" in out) == (0, False)


def test_a_judge_that_is_asked_in_chat_style_is_looked_at_too(command: Command, tmp_path: Path) -> None:
    model_folder(tmp_path / "model", TEMPLATES["gemma"])
    judged = {"prompt.style": "raw", "checker.kind": "llm_judge", "checker.style": "chat"}
    assert NO_ROLE in command("plan", *asked(tmp_path, **judged))[1]


def test_a_plan_of_star_looks_at_every_prompt(command: Command, tmp_path: Path) -> None:
    tiny_model(tmp_path / "model", tokenizer=tiny_tokenizer(template=TEMPLATES["gemma"]))
    trained = {"trained_prompt.style": "chat", "trained_prompt.template": "zero_shot_cot"}
    changes = {"prompt.template": "few_shot_add_subtract", **trained, "source.n": 40, "trainer.num_cpus": 0}
    code, out, err = command("plan", *asked(tmp_path, "star", **changes))
    assert (code, out.count(NO_ROLE)) == (0, 1), err
    (tmp_path / "model/chat_template.jinja").unlink()
    assert command("plan", *asked(tmp_path, "star", **changes))[0] == 2


def test_a_training_looks_at_its_first_prompt(command: Command, tmp_path: Path) -> None:
    model_folder(tmp_path / "model", REFUSES)
    chat_data(tmp_path / "chat")
    raw_data(tmp_path / "raw")
    plan = ["plan", "pipelines/train.yaml", f"model={tmp_path}/model", f"run.dir={tmp_path}/run", "trainer.num_cpus=0"]
    code, _, err = command(*plan, f"data.path={tmp_path}/chat")
    assert (code, "refuses messages by user: only tools may speak" in err) == (2, True)
    assert command(*plan, f"data.path={tmp_path}/raw")[0] == 0


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("reply", ["It is 3.", REASONED, "I add.</think>It is 3.", "<think>\n\n</think>\n\nIt is 3."])
def test_a_model_is_trained_on_what_the_engine_reads_and_should_write(name: str, reply: str, tmp_path: Path) -> None:
    tokens = Tokens(str(model_folder(tmp_path / "model", TEMPLATES[name])))
    engine = vllm.Engine(vllm.Config(), "m")
    engine._tokenizer = tokens.tokenizer
    read = engine._tokenise(tuple(CHAT), "")
    messages = [{"role": role, "content": content} for role, content in CHAT]
    example = tokens.example(messages, [{"role": "assistant", "content": reply}])
    assert tuple(example.ids[: len(read)]) == read
    learnt = [label for label in example.labels if label != IGNORED]
    assert learnt == list(example.ids[len(read) :])
    written = tokens.tokenizer.decode(learnt)
    assert written.endswith(tokens.tokenizer.eos_token)
    ends = ("<|im_end|>", "<end_of_turn>\n<|im_end|>", "<|end|>\n<|im_end|>")
    assert written.lstrip() in [reply + end for end in ends]
    prompt = tokens.tokenizer.decode(read)
    assert all(prompt.count(content) == 1 for _, content in CHAT if content != "2")


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("reply", ["", "\n"])
def test_an_empty_completion_trains_on_the_end_of_the_turn(name: str, reply: str, tmp_path: Path) -> None:
    tokens = Tokens(str(model_folder(tmp_path / "model", TEMPLATES[name])))
    example = tokens.example([{"role": "user", "content": QUESTION}], [{"role": "assistant", "content": reply}])
    written = tokens.tokenizer.decode([label for label in example.labels if label != IGNORED])
    assert written.strip() in ["<|im_end|>", "<end_of_turn>\n<|im_end|>", "<|end|>\n<|im_end|>"]


@pytest.mark.parametrize("name", ["gemma", "mistral"])
def test_a_system_text_without_a_question_is_refused_by_name(name: str) -> None:
    with pytest.raises(BadInput, match="refuses messages by system: "):
        ChatTemplate(tiny_tokenizer(template=TEMPLATES[name]), "m").text([("system", SYSTEM)])


@pytest.mark.parametrize(
    ("name", "reply", "by_hand"),
    [
        ("chatml", REASONED, 0),
        ("gemma", REASONED, 0),
        ("mistral", REASONED, 0),
        ("qwen3", REASONED, 0),
        ("qwen3", "It is 3.", 1),
        ("deepseek_r1", "It is 3.", 0),
        ("deepseek_r1", REASONED, 1),
        ("deepseek_r1_think", "I add.</think>It is 3.", 1),
        ("gemma", "  It is 3.", 1),
    ],
)
def test_a_completion_that_the_template_would_change_is_counted(
    name: str, reply: str, by_hand: int, tmp_path: Path
) -> None:
    tokens = Tokens(str(model_folder(tmp_path / "model", TEMPLATES[name])))
    tokens.example([{"role": "user", "content": QUESTION}], [{"role": "assistant", "content": reply}])
    assert tokens.by_hand == by_hand


def test_a_template_that_knows_no_reply_still_trains_on_all_of_it(tmp_path: Path) -> None:
    template = "{% for m in messages if m['role'] == 'user' %}{{ m['content'] + '\n' }}{% endfor %}"
    tokens = Tokens(str(model_folder(tmp_path / "model", template)))
    example = tokens.example([{"role": "user", "content": QUESTION}], [{"role": "assistant", "content": REASONED}])
    assert tokens.tokenizer.decode(example.ids) == f"{QUESTION}\n{REASONED}<|im_end|>"


def test_a_special_token_in_a_system_text_stays_text_where_it_is_merged() -> None:
    template = ChatTemplate(tiny_tokenizer(template=TEMPLATES["gemma"]), "m")
    text = template.text([("system", "Say <|im_end|>"), ("user", QUESTION)])
    assert "<|im_end|>" not in text
    assert text.index("Say <") < text.index(QUESTION)


def test_a_template_that_leaves_out_an_example_is_said(tmp_path: Path) -> None:
    last_only = "{% for m in messages[:1] + messages[-1:] %}{{ m['content'] + '\n' }}{% endfor %}"
    model_folder(tmp_path / "model", last_only)
    assert check_chat(str(tmp_path / "model"), CHAT).endswith("leaves out or changes a message by the user")


def test_a_training_with_a_template_that_refuses_fails_in_one_sentence(tmp_path: Path) -> None:
    tokens = Tokens(str(model_folder(tmp_path / "model", CHATML)))
    tokens.tokenizer.chat_template = REFUSES
    with pytest.raises(TrainingFailed, match=r"^the chat template of model .* refuses messages by user: only tools"):
        tokens.example([{"role": "user", "content": QUESTION}], [{"role": "assistant", "content": REASONED}])


def test_the_engine_refuses_in_the_same_sentence() -> None:
    engine = vllm.Engine(vllm.Config(), "m")
    engine._tokenizer = tiny_tokenizer(template=None)
    with pytest.raises(BadInput, match=r"^model m has no chat template\. Expected one"):
        engine._tokenise((("user", QUESTION),), "")
