"""Searches on a simulated policy and a verifier of known quality, against theory.

May import: factory, actors. Read first: `laws.py`.
"""
