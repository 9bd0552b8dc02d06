"""Asking a model about one question: its tree of solution prefixes, its prompts and steps, bounded engine calls."""
