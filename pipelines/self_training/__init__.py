"""The parts of the STaR story: its settings, runs, phases, journal, data and plot."""
