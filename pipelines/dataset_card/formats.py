"""Descriptions of export formats and of their columns, for readers of a dataset card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Description of a format in one line, and how the Hub files it: https://huggingface.co/tasks, free tags."""

    text: str
    tasks: tuple[str, ...] = ("text-generation",)
    tags: tuple[str, ...] = ()


_PRM = ("process-supervision", "prm")
FORMATS = {
    "sft": About(text="correct solutions as chat messages", tags=("sft",)),
    "sft_reasoning": About(
        text="correct solutions as chat messages, with the reasoning apart", tags=("sft", "reasoning")
    ),
    "prompt_completion": About(text="correct solutions as prompt and completion", tags=("sft",)),
    "prm": About(
        text="a prompt, its solution's steps, a label per step (TRL's stepwise layout)",
        tasks=("token-classification",),
        tags=(*_PRM, "trl"),
    ),
    "orm": About(
        text="a prompt, a solution, whether its answer is right",
        tasks=("text-classification",),
        tags=("outcome-supervision", "orm"),
    ),
    "preference": About(text="a right and a wrong solution of one prompt", tags=("preference", "dpo", "trl")),
    "step_preference": About(
        text="two next steps behind the same prefix, the better one and another", tags=("preference", "dpo", "step-dpo")
    ),
    "unpaired": About(text="a solution and whether it is wanted", tags=("preference", "kto", "trl")),
    "prm800k": About(text="PRM800K's layout", tasks=("token-classification",), tags=_PRM),
    "math_shepherd": About(text="Math-Shepherd's layout", tasks=("token-classification",), tags=_PRM),
    "math_aps": About(text="MATH-APS' flat layout", tasks=("token-classification",), tags=_PRM),
    "math_aps_tree": About(text="MATH-APS' trees", tasks=("token-classification",), tags=_PRM),
    "processbench": About(
        text="steps and the index of the first wrong one (-1: none)", tasks=("token-classification",), tags=_PRM
    ),
    "qwen_prm": About(text="one text, `<extra_0>` behind every step", tasks=("token-classification",), tags=_PRM),
    "openrlhf_prm": About(
        text="one text with a token behind every step, and its labels", tasks=("token-classification",), tags=_PRM
    ),
    "revisions": About(text="a wrong solution and a right one to replace it", tags=("self-correction",)),
    "trajectories": About(
        text="wrong solutions with the critiques between, as a search wrote them, and the right one they led to",
        tags=("self-correction",),
    ),
    "critiques": About(text="critiques of solutions as chat messages, and whether they were right", tags=("critic",)),
    "annotations": About(
        text="what people said of step labels, beside the label of the run", tasks=("token-classification",), tags=_PRM
    ),
    "tree_nodes": About(text="the search trees, one row per node", tags=("search-tree",)),
    "records": About(text="everything that is known, one row per question", tags=("search-tree", *_PRM)),
    "jsonl": About(text="everything that is known, one line per question", tags=("search-tree", *_PRM)),
}

COLUMNS = {
    "prompt": "the question, as it was put",
    "question": "the question's text",
    "problem": "the question's text",
    "gold_answer": "the reference answer",
    "completion": "a solution",
    "completions": "the solution's steps, in order",
    "steps": "the solution's steps, in order",
    "messages": "chat messages: the question, the solution",
    "labels": "per step: whether the solution is still right after it",
    "label": "what is to be predicted",
    "mc_value": "share of rollouts from here that reached the gold answer",
    "mc_values": "per step: share of rollouts from there that reached the gold answer; null without rollouts",
    "confidence": "how sure the label is, 0 to 1",
    "confidences": "per step: how sure its label is, 0 to 1",
    "chosen": "the right solution, or the better step",
    "rejected": "a wrong solution, or the worse step",
    "margin": "how much better the chosen one is",
    "margin_of": "what the margin is of: the selection's score, or the verdicts",
    "value_of": "what the values of steps are of: rollouts, reward or score",
    "attempts": "the wrong solutions, in order",
    "critiques": "what a critic said of each of them; empty where nobody was asked",
    "says_right": "the critic's verdict on the solution",
    "says_first_error": "the step that it names as the first wrong one, from 0, -1 for none; null where not asked",
    "first_error": "the first wrong step by the labels, from 0, -1 for none; null where it is not known",
    "step": "the step that was judged, from 0",
    "run_label": "the run's label of it: 1, -1, null where it had none",
    "run_confidence": "how sure that label was, 0 to 1",
    "agrees": "whether person and run say the same; null where one of them says nothing",
    "note": "why, in the person's words",
    "person": "who judged it",
    "at": "when, in UTC",
    "critic": "role of the model that criticised",
    "critic_model": "which model that was",
    "critic_revision": "hash or commit of its weights",
    "verdict": "correct or incorrect; unparsable, timeout and error are no labels",
    "question_id": "the source's own id, or a hash of question and gold answer",
    "solution_id": "hash of the solution",
    "engine": "what generated it; null of a given solution",
    "model": "which model; null of a given solution",
    "model_revision": "hash or commit of the weights",
    "method": "how the solution came about: sampled, a rollout behind some prefix, given, …",
    "round": "round of self-training it comes from",
    "role": "who wrote it: the policy, or another role; null of a given solution, unless a search wrote it, too",
    "independent": "false where a search guided, revised or put it together",
    "selected": "whether the search answers with it",
    "score": "what the search's selection gave it",
    "hinted": "whether the prompt told the gold answer",
    "source": "where the question comes from",
    "licence": "the question's licence",
}
