"""Chaos test: a run whose parts are killed at random, compared with an undisturbed one (`python -m tools.chaos`).

`schedule.py` draws the kills, `campaign.py` carries them out, `ledger.py` decides what is wrong. Read first:
`campaign.py`.
"""
