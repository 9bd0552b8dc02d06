"""Parts that pipelines of several rounds share: the whole run, journal of phases, stop rules, parts, tables.

Read first: `course.py`.
"""
