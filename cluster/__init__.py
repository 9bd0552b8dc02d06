"""Connecting to Ray and deciding where actors go.

May import: ray, `factory`. Never `actors`. Read first: `plan.py` (pure: what a config needs against what there is).
"""
