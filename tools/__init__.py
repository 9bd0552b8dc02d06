"""Programs that a person runs: the command `factory`, benchmarks, evaluations, audits. Nothing imports them."""
