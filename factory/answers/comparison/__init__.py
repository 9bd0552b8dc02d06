"""Whether two answers in normal form are the same: by shape, then scalar by scalar, then by a prover."""
