"""Elastic fleet: engines and hands that are started, moved and ended while a run goes on.

Read `README.md` first.
"""
