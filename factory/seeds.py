"""Where every random draw comes from, so that a unit done twice gives the same requests."""

from __future__ import annotations

import hashlib


def seed_for(run_seed: int, question_id: str, purpose: str) -> int:
    """A 31-bit seed from (run, question, purpose): independent of order, process and machine."""
    digest = hashlib.blake2b(f"{run_seed}\x1f{question_id}\x1f{purpose}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFFFFFF
