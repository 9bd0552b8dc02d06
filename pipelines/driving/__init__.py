"""Mechanics under every pipeline: handing out units, watching workers, Ctrl-C, actors that end with their block.

May import: `actors`, `cluster`, `factory`; never `pipelines.run`: none of this knows a config. Read first: `drive.py`.
"""
