"""Benchmarks read from files or data sets, and the reports of what was found."""
