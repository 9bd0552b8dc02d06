"""Searches that a verifier guides: settings, scores, beams.

Read `beams.py` first.
"""
