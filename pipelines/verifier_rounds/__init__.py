"""Parts of the verifier loop: settings, the runs that it is made of, phases, report.

Read first: `phases.py`.
"""
