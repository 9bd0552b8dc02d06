"""Decontamination of exports: benchmarks read from files or data sets, and reports of what was found."""
