"""Arrow schema of records, as they lie on disk: one row per question. `factory/records/record.py` builds the rows.

* Columns are read by name: rows of an earlier version stay readable, and a column they lack is null.
* A change of the columns makes a new `SCHEMA_VERSION`; `factory/records/shard_schema.py` then reads the earlier one.

Version 3 holds all that is needed to resume a question (`factory/question_pipeline/restored.py`):

* of a solution: `step_ends`, where its steps end in `text`, in characters (the steps' own texts have no white space at
  their ends); `step_tokens`, how many tokens each step was sampled as; `label_wishes`, how many rollouts its labels
  have asked for, those shared with other solutions included (null where the labeller does not count them);
  `counted_at` (`factory/rollouts/nodes.py`);
* of a node: how its counts came about (`factory/rollouts/nodes.py`: `Node`);
* of the question: `effort`, how much had been asked for (`factory/question_pipeline/effort.py`).

Version 4 says who was asked beside the policy; in rows of earlier versions only the policy was, and these are null:

* of the cost: `roles`, an entry for each role and the model behind it (`factory/records/role_costs.py`), and `money`,
  the sum over them;
* of a solution: `completer`, role of the model whose rollouts its labels rest on, null where that is the policy.

Version 5 says what searches did (`factory/records/search_fields.py`); these are null in rows of earlier versions:

* of a solution: `score`, what the search's selection gave it; `selected`, whether the search answers with it; `role`,
  role of the model that wrote it; `revises`, id of the solution that it is a new version of, and `critique`, what led
  to it; `critiques`, what was said of it itself, with the model behind each; `independent`, false where it was guided,
  revised or put together, and so is no sample of a policy. For a given one `independent` is null, and role, unless a
  search has written the same text: then it has the role of its model, and `occurrences` counts the samples beside it;
* of a node: `action` (any word of a search, "root" and "step" before); `score`, a verifier's score of its step;
  `reward`, the sum of what was backed up in `visits` visits; `finish`, why a draft ended there; `selections`,
  OmegaPRM's N(s), which was in `visits` before.

Version 6 counts samples apart from labellers' rollouts: `occurrences` of a solution are those of its `method`, `probes`
the rollouts of labellers that came to its text, too. In rows of earlier versions `probes` is null, and they are among
the `occurrences`: there pass@k and votes of questions with labels lean towards the texts that labellers came to.

Version 7 keeps what sources other than rollouts say of a solution's first error: `opinions`, null where nobody was
asked, as in rows of earlier versions (votes of a critic are one opinion; each of them is among the `critiques`, which
have `first_error`, `reasoning` and `tokens` now); and whether one with the right answer holds a wrong step all the
same: `flawed`, null where nobody has audited it or where that is not known.

Of models that think aloud it keeps thoughts and answer apart (`factory/records/thought_fields.py`): `text` is the
answer, `reasoning` the thoughts, `thought_opening` and `thought_closing` are the marks around these, so that the four
joined are what the model has written; all but `text` are null for a model that does not think aloud. `looping` is true
for a text that was cut off while it repeated itself.
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = "7"

# A step with its rollouts: `label` is 1, -1 or null; `mc_value` is n_successes / n_trials.
STEP = pa.struct(
    [
        ("text", pa.string()),
        ("n_trials", pa.int32()),
        ("n_successes", pa.int32()),
        ("mc_value", pa.float32()),
        ("label", pa.int8()),
        ("confidence", pa.float32()),
    ]
)
# Part of an answer that was judged by itself: characters `start` to `end` of the solution's text.
PART = pa.struct([("outcome", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("note", pa.string())])
# Sampling parameters as the engine got them.
SAMPLING = pa.struct(
    [
        ("temperature", pa.float64()),
        ("top_p", pa.float64()),
        ("top_k", pa.int32()),
        ("max_tokens", pa.int32()),
        ("stop", pa.list_(pa.string())),
        ("min_p", pa.float64()),
        ("presence_penalty", pa.float64()),
        ("frequency_penalty", pa.float64()),
        ("repetition_penalty", pa.float64()),
        ("thinking_token_budget", pa.int32()),
        ("seed", pa.int64()),
    ]
)
# What a model said of a solution; `right` is its verdict, null where it has none that can be read. `first_error` is the
# 0-based step that it names, -1 for none, null where it was asked for none or cannot be read; `reasoning` its thoughts.
CRITIQUE = pa.struct(
    [
        ("text", pa.string()),
        ("right", pa.bool_()),
        ("role", pa.string()),
        ("model", pa.string()),
        ("revision", pa.string()),
        ("first_error", pa.int32()),
        ("reasoning", pa.string()),
        ("tokens", pa.int32()),
    ]
)
# Where a source other than rollouts sees the first error: 0-based step, -1 for none; `grade` says how sure it seems
# (`factory/labelling/sources.py`). The model is null where it is none, as for equations.
OPINION = pa.struct(
    [
        ("source", pa.string()),
        ("first_error", pa.int32()),
        ("grade", pa.int32()),
        ("model", pa.string()),
        ("revision", pa.string()),
    ]
)
# Solution: its text and steps, its verdict, its labels, how it came about, what made it.
SOLUTION = pa.struct(
    [
        ("solution_id", pa.string()),
        ("text", pa.string()),
        ("steps", pa.list_(STEP)),
        ("step_ends", pa.list_(pa.int32())),
        ("step_tokens", pa.list_(pa.int32())),
        ("final_answer", pa.string()),
        ("verdict", pa.string()),
        ("verdict_reason", pa.string()),
        ("verdict_parts", pa.list_(PART)),
        ("first_error", pa.int32()),
        ("contradicted", pa.bool_()),
        ("labeller", pa.string()),
        ("completer", pa.string()),
        ("label_calls", pa.int32()),
        ("label_wishes", pa.int32()),
        ("method", pa.string()),
        ("start_depth", pa.int32()),
        ("counted_at", pa.int32()),
        ("occurrences", pa.int32()),
        ("hinted", pa.bool_()),
        ("round", pa.int32()),
        ("engine", pa.string()),
        ("model", pa.string()),
        ("model_revision", pa.string()),
        ("prompt_id", pa.string()),
        ("sampling", SAMPLING),
        ("prompt_tokens", pa.int32()),
        ("completion_tokens", pa.int32()),
        ("finish_reason", pa.string()),
        ("checker", pa.string()),
        ("checker_policy", pa.string()),
        ("score", pa.float64()),
        ("selected", pa.bool_()),
        ("role", pa.string()),
        ("revises", pa.string()),
        ("critique", pa.string()),
        ("critiques", pa.list_(CRITIQUE)),
        ("independent", pa.bool_()),
        ("probes", pa.int32()),
        ("opinions", pa.list_(OPINION)),
        ("flawed", pa.bool_()),
        ("reasoning", pa.string()),
        ("thought_opening", pa.string()),
        ("thought_closing", pa.string()),
        ("looping", pa.bool_()),
    ]
)
# Node of the search tree; `parent` is the number of an earlier node, null for the root (the bare question).
TREE_NODE = pa.struct(
    [
        ("node", pa.int32()),
        ("parent", pa.int32()),
        ("action", pa.string()),
        ("text", pa.string()),
        ("visits", pa.int32()),
        ("value", pa.float32()),
        ("trials", pa.int32()),
        ("successes", pa.int32()),
        ("requested", pa.int32()),
        ("searched", pa.int32()),
        ("asked", pa.int32()),
        ("asked_successes", pa.int32()),
        ("came", pa.int32()),
        ("came_successes", pa.int32()),
        ("terminal", pa.bool_()),
        ("answer", pa.string()),
        ("verdict", pa.string()),
        ("selections", pa.int32()),
        ("score", pa.float32()),
        ("reward", pa.float32()),
        ("finish", pa.string()),
    ]
)
# Calls and tokens of one model, and what they cost, in the money that its prices are in.
ROLE_COST = pa.struct(
    [
        ("role", pa.string()),
        ("engine", pa.string()),
        ("model", pa.string()),
        ("revision", pa.string()),
        ("calls", pa.int32()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("money", pa.float64()),
    ]
)
# Calls and tokens spent on a question, and on all of it in seconds and in money.
COST = pa.struct(
    [
        ("policy_calls", pa.int32()),
        ("label_calls", pa.int32()),
        ("prompt_tokens", pa.int64()),
        ("cached_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("label_tokens", pa.int64()),
        ("judge_calls", pa.int32()),
        ("judge_tokens", pa.int64()),
        ("truncated", pa.int32()),
        ("seconds", pa.float32()),
        ("roles", pa.list_(ROLE_COST)),
        ("money", pa.float64()),
    ]
)
# Reason of a question whose `status` is "failed".
FAILURE = pa.struct([("stage", pa.string()), ("type", pa.string()), ("message", pa.string()), ("attempts", pa.int32())])
# Row of a question.
SCHEMA = pa.schema(
    [
        ("question_id", pa.string()),
        ("source", pa.string()),
        ("question", pa.string()),
        ("gold_answer", pa.string()),
        ("answer_kind", pa.string()),
        ("licence", pa.string()),
        ("metadata", pa.map_(pa.string(), pa.string())),
        ("solutions", pa.list_(SOLUTION)),
        ("tree", pa.list_(TREE_NODE)),
        ("cost", COST),
        ("status", pa.string()),
        ("failure", FAILURE),
        ("effort", pa.map_(pa.string(), pa.int64())),
        ("run_id", pa.string()),
        ("unit_id", pa.string()),
        ("seed", pa.int64()),
        ("schema_version", pa.string()),
        ("created_at", pa.timestamp("ms", tz="UTC")),
    ]
)
