"""Repeated and benchmark questions: words and quantities of a question, n-grams, near-duplicates, rewordings."""
