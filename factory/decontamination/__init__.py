"""Repeated questions, and questions of benchmarks.

Read `README.md` first, then `question_words.py`, which takes a question apart. `near_duplicates.py` compares questions
with each other, `contamination.py` with those of benchmarks.
"""
