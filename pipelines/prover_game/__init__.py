"""Parts of the prover–verifier game: settings, the runs that it is made of, phases, training data, report.

Read first: `phases.py`.
"""
