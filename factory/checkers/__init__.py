"""Answer checkers, one file each, picked by `checker.kind`."""
