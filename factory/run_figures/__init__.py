"""Figures over all records of a run, each a sum that rows are added to: what `factory report` shows. Pure."""
