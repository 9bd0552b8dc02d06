"""Benchmark of a scorer behind an actor against a plain loop over transformers."""
