"""Progress of commands, on stderr. Read first: `display.py`."""
