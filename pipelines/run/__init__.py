"""What every story shares: settings, the run folder, attempts, planning, the driving loop, the actors of a run."""
