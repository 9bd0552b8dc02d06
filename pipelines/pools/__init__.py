"""Pools of engines by the role that they fill: what a config says of them, and who asks which.

Read `pool.py` first.
"""
