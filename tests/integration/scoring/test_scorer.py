"""Scorers of every layout against plain loops over transformers, as their model cards have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.engines.scorers import tagged_tokenizer, tiny_orm, tiny_prm, tiny_tagged
from support.training import CHATML, tiny_tokenizer

from actors.scoring.heads import Head
from actors.scoring.scorer import Scorer
from actors.scoring.settings import Config
from factory.errors import EngineFailed, PromptTooLong
from factory.types import Scores

PROMPT = "Kurt has 6 bags. Each bag has 7 flowers. How many are there?"
STEPS = ["6 bags of 7 flowers each.\n", "6 * 7 = 42.\n", "The answer is 42."]
SOLUTIONS = [(PROMPT, STEPS), ("1 + 1?", ["It is 2."]), (PROMPT * 2, ["Nobody knows. "] * 5)]


def scorer(folder: Path, **config: Any) -> Scorer:
    return Scorer(str(folder), Config(**config))


def plain_steps(folder: Path, prompt: str, steps: Sequence[str], behind_prompt: str = "\n") -> list[float]:
    """Scores as our trainer has them: a separator behind the prompt and each step, judged at its last token."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForTokenClassification.from_pretrained(folder)
    ids, places = tokenizer.encode(prompt) + tokenizer.encode(behind_prompt), []
    for step in steps:
        ids += tokenizer.encode(step.strip()) + tokenizer.encode("\n")
        places.append(len(ids) - 1)
    return _softmax(model, ids)[0, places, 1].tolist()


def plain_tags(folder: Path, prompt: str, steps: Sequence[str]) -> list[float]:
    """Scores by the code on the model card of peiyi9979/math-shepherd-mistral-7b-prm."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    candidates = tokenizer.encode("+ -", add_special_tokens=False)
    [tag] = tokenizer.encode("ки", add_special_tokens=False)
    text = "\n".join(f"Step {number}: {step.strip()} ки" for number, step in enumerate(steps, start=1))
    ids = torch.tensor([tokenizer.encode(f"{prompt} {text}")])
    with torch.no_grad():
        scores = model(ids).logits[:, :, candidates].softmax(-1)[:, :, 0]
    return scores[ids == tag].tolist()


def plain_extra_0(folder: Path, prompt: str, steps: Sequence[str]) -> list[float]:
    """Scores by the code on the model card of Qwen/Qwen2.5-Math-PRM-7B, with the head computed from its tensors."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, Qwen2Config, Qwen2Model

    tokenizer, tensors = AutoTokenizer.from_pretrained(folder), load_file(folder / "model.safetensors")
    model = Qwen2Model(Qwen2Config.from_pretrained(folder))
    model.load_state_dict({name[6:]: one for name, one in tensors.items() if name.startswith("model.")})
    said = [
        {"role": "system", "content": "Please reason step by step, and put your final answer within \\boxed{}."},
        {"role": "user", "content": prompt},
        {"role": "assistant", "content": "<extra_0>".join(step.strip() for step in steps) + "<extra_0>"},
    ]
    text = tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=False)
    ids = torch.tensor([tokenizer.encode(text)])
    with torch.no_grad():
        states = model.eval()(ids).last_hidden_state
        hidden = torch.relu(states @ tensors["score.0.weight"].T + tensors["score.0.bias"])
        chances = (hidden @ tensors["score.2.weight"].T + tensors["score.2.bias"]).softmax(-1)
    return chances[ids == tokenizer.convert_tokens_to_ids("<extra_0>")][:, 1].tolist()


def plain_solution(folder: Path, prompt: str, steps: Sequence[str]) -> list[float]:
    """Scores of all that was written up to each step, one text after the other."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)
    line, scores = tokenizer.encode("\n"), []
    for number in range(len(steps)):
        text = "".join(steps[: number + 1]).strip()
        ids = torch.tensor([tokenizer.encode(prompt) + line + tokenizer.encode(text) + line])
        with torch.no_grad():
            scores.append(model.eval()(ids).logits.softmax(-1)[0, 1].item())
    return scores


def _softmax(model: Any, ids: list[int]) -> Any:
    import torch

    with torch.no_grad():
        return model.eval()(torch.tensor([ids])).logits.softmax(-1)


PLAIN = {"steps": plain_steps, "solution": plain_solution, "tags": plain_tags, "extra_0": plain_extra_0}


@pytest.mark.parametrize("layout", PLAIN)
def test_scores_are_those_of_a_plain_loop(layout: str, folders: dict[str, Path]) -> None:
    ours = scorer(folders[layout], layout=layout if layout == "tags" else "auto")
    assert ours.layout == layout
    for (prompt, steps), scores in zip(SOLUTIONS, ours.scores(SOLUTIONS), strict=True):
        assert scores.steps == pytest.approx(PLAIN[layout](folders[layout], prompt, steps), abs=1e-5)
        assert max(scores.steps) - min(scores.steps) > 1e-4 or len(steps) == 1
        assert scores.whole == (scores.steps[-1] if layout == "solution" else min(scores.steps))


@pytest.mark.parametrize("layout", PLAIN)
def test_scores_do_not_depend_on_what_else_is_in_the_batch(layout: str, folders: dict[str, Path]) -> None:
    together = scorer(folders[layout], layout=layout).scores(SOLUTIONS)
    apart = scorer(folders[layout], layout=layout, max_num_batched_tokens=1).scores(SOLUTIONS)
    for one, other in zip(together, apart, strict=True):
        assert one.steps == pytest.approx(other.steps, abs=1e-5)


@pytest.mark.parametrize("layout", PLAIN)
def test_what_is_too_long_or_has_no_steps_fails_alone(layout: str, folders: dict[str, Path]) -> None:
    good, long, empty, spelled = scorer(folders[layout], layout=layout).scores(
        [SOLUTIONS[0], ("x", ["word " * 600]), ("x", []), ("<|im_end|> ки <extra_0> \ud800 +", ["<extra_0>", "ки", ""])]
    )
    assert isinstance(good, Scores)
    assert isinstance(long, PromptTooLong)
    assert "the scorer reads at most" in str(long)
    assert isinstance(empty, EngineFailed)
    assert len(spelled.steps) == 3


@pytest.mark.parametrize("layout", PLAIN)
def test_a_text_that_spells_a_mark_is_no_mark(layout: str, folders: dict[str, Path]) -> None:
    ours = scorer(folders[layout], layout=layout)
    [rows] = ours.rows([("<|im_end|> ки <extra_0>", ["ки\nStep 2: <extra_0>", "so ки"])])
    marks = {mark: ours._texts._tokenizer.convert_tokens_to_ids(mark) for mark in ("<extra_0>", "▁ки")}  # type: ignore[attr-defined]
    unknown = ours._texts._tokenizer.unk_token_id  # type: ignore[attr-defined]
    for row in rows:
        for mark in marks.values():
            assert mark in (None, unknown) or list(row.ids).count(mark) == len(row.places)


def test_tags_of_bytes_are_placed_at_their_last_token(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(" ки + - +\n")
    ours = scorer(tiny_tagged(tmp_path / "prm", tokenizer), layout="tags")
    [rows] = ours.rows([(PROMPT, STEPS)])
    whole = [tokenizer.decode(rows[0].ids[: place + 1]) for place in rows[0].places]
    assert whole[0] == f"{PROMPT} Step 1: 6 bags of 7 flowers each. ки"
    assert whole[1] == f"{whole[0]}\nStep 2: 6 * 7 = 42. ки"


def test_a_reward_model_of_one_class_reads_whole_chats(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification

    folder = tiny_orm(tmp_path / "orm", separator=None, classes=1)
    [scores] = scorer(folder).scores([(PROMPT, ["It is", "42."])])
    tokenizer = tiny_tokenizer(template=CHATML)
    ids = tokenizer.encode(f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\nIt is\n42.<|im_end|>\n")
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits.sigmoid().item()
    assert scores.whole == scores.steps[-1] == pytest.approx(expected, abs=1e-5)


def test_a_folder_that_names_no_separator_is_read_as_trl_lays_out(tmp_path: Path) -> None:
    folder = tiny_prm(tmp_path / "prm", separator=None)
    [scores] = scorer(folder, separator="\n").scores([(PROMPT, STEPS)])
    assert scores.steps == pytest.approx(plain_steps(folder, PROMPT, STEPS, behind_prompt=""), abs=1e-5)


@pytest.mark.parametrize(("aggregation", "whole"), [("last", 2), ("min", None), ("mean", None), ("product", None)])
def test_the_aggregation_makes_the_score_of_the_whole(
    aggregation: str, whole: int | None, folders: dict[str, Path]
) -> None:
    from factory.evaluation.best_of_n import AGGREGATIONS

    [scores] = scorer(folders["steps"], aggregation=aggregation).scores([(PROMPT, STEPS)])
    assert scores.whole == AGGREGATIONS[aggregation](scores.steps)
    assert whole is None or scores.whole == scores.steps[whole]
    assert scores.tokens > 20


def test_a_batch_for_which_memory_ends_is_cut_and_one_text_alone_fails(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = scorer(folders["steps"])
    expected = ours.scores(SOLUTIONS)
    passes = Head._pass

    def small(self: Head, texts: Any) -> Any:
        if sum(len(text.ids) for text in texts) > 200:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")
        return passes(self, texts)

    monkeypatch.setattr(Head, "_pass", small)
    *fit, large = ours.scores([*SOLUTIONS, ("x", ["1 2 3 " * 80])])
    for one, other in zip(fit, expected, strict=True):
        assert one.steps == pytest.approx(other.steps, abs=1e-5)
    assert isinstance(large, EngineFailed)
    assert "no memory for a text of" in str(large)


def test_a_score_that_is_no_number_fails_its_question(folders: dict[str, Path]) -> None:
    import torch

    ours = scorer(folders["steps"])
    torch.nn.init.constant_(ours._head._model.score.bias, float("nan"))
    [answer] = ours.scores([(PROMPT, STEPS)])
    assert isinstance(answer, EngineFailed)
    assert "no number" in str(answer)


def test_logits_that_a_model_changes_behind_its_last_layer_are_its_own(tmp_path: Path) -> None:
    import torch
    from transformers import CohereConfig, CohereForCausalLM

    tokenizer = tagged_tokenizer()
    torch.manual_seed(0)
    config = CohereConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        logit_scale=9.0,
        bos_token_id=1,
        eos_token_id=2,
    )
    CohereForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    [scores] = scorer(tmp_path, layout="tags").scores([(PROMPT, STEPS)])
    assert scores.steps == pytest.approx(plain_tags(tmp_path, PROMPT, STEPS), abs=1e-5)
