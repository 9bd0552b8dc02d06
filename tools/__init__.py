"""Programs that a person runs: the command `factory`, benchmarks, evaluations, audits. No other package imports them."""
