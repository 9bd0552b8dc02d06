"""Rollouts of one question: prompts, steps, the tree of solution prefixes, and the policy that samples into it.

Read `policy.py` first, then `nodes.py` (what counts as evidence for a prefix) and `tree.py`. `prompting.py` reads
prompt files, `steps.py` cuts completions into steps, `routing.py` chooses the engine, `together.py` awaits calls.
"""
