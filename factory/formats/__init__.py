"""Record formats, one file each, picked by `--format`."""
