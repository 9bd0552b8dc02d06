"""Viewer of a run: `factory view` serves a page of its questions to the browser on the same machine, read only."""
