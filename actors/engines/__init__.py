"""Text generators behind the `Engine` protocol of `factory/interfaces.py`; one file each, picked by `engine.kind`."""
