"""Searches that a verifier guides: settings, scores, beams, the choice at the end.

Read `beams.py` first.
"""
