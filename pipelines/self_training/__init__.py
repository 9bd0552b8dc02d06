"""Parts of the STaR pipeline: settings, the runs it is made of, phases, journal, data, report and plot.

Read first: `phases.py`, one method per phase of a round.
"""
