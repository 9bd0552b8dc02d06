"""How right, how fast and how robust an answer checker is."""
