"""Campaign in which nodes come and go: added, drained, preempted with notice, killed without.

`python -m tools.chaos --roles nodes` runs it (`run.py`).
"""
