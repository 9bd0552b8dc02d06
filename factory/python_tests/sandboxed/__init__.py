"""Files that go into the sandbox beside the candidate, with `wire.py`; nothing out here imports them."""
