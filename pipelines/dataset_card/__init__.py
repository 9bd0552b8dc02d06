"""Dataset card of an exported folder: its facts, its text, licence and language."""
