"""Question sources, one file each, picked by `source.kind`."""
