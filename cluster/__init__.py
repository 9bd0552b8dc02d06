"""Connection to Ray, and places for actors.

May import: ray, `factory`. Never `actors`. Read first: `plan.py`, which compares what a config needs with what there is
and needs no Ray.
"""
