"""Reasoning models: what a model thinks aloud, apart from what it answers; steps of long thoughts; loops. Pure.

Read first: `thoughts.py`.
"""
