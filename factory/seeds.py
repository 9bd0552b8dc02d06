"""Seeds of all random draws: a unit that is done twice gives the same requests."""

from __future__ import annotations

import hashlib


def seed_for(run_seed: int, question_id: str, purpose: str) -> int:
    """Return a seed of 31 bits that depends on nothing but the arguments: not on order, process or machine.

    Args:
      run_seed: `run.seed` of the config.
      question_id: key of the question (`Question.key`).
      purpose: what is drawn, such as "search", so that draws for different purposes are independent.
    """
    # The unit separator keeps (1, "2x") and (12, "x") apart.
    digest = hashlib.blake2b(f"{run_seed}\x1f{question_id}\x1f{purpose}".encode(), digest_size=4).digest()
    # vLLM and numpy take seeds of 31 bits without complaint.
    return int.from_bytes(digest, "big") & 0x7FFFFFFF
