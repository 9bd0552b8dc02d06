"""Pure core: what a question, a solution, a tree and a record are, and every algorithm on them.

May import: the standard library, pyarrow, fsspec, omegaconf, math-verify. Never Ray, vLLM, torch or transformers.
Read first: `types.py` (the nouns), `rollouts/tree.py` (prefixes and their evidence), `supervision/omegaprm.py` (an
algorithm).
"""
