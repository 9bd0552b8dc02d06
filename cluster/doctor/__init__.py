"""Examination of the nodes of a cluster: what each has (`probes.py`), what is wrong with that (`judgement.py`).

Read first: `judgement.py`, which is pure.
"""
