"""Formats of records: views for trainers, and other people's step-labelled data sets. Registry: one file, one format.

A format is picked by its file name: `factory export --format prm`. Formats with a `parse` are read back, too
(`factory import --format prm800k`). README.md has the list, and says how to add one. Read first: `sft.py`.
"""
