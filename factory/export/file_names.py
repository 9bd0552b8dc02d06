"""Names of the files in an exported folder, known to whoever writes, describes, pushes or trains on one."""

from __future__ import annotations

MANIFEST = "manifest.json"
"""Written last: a folder with one is a whole export."""
UNFINISHED = "export.unfinished.json"
"""Marker, there from the beginning of an export until its manifest is written."""
CONFIGS = ".huggingface.yaml"
"""Lists the files of each config, for `datasets.load_dataset`."""
CONTAMINATION_REPORTS = ("decontamination.json", "decontamination.md")
"""List the questions that are in benchmarks, too. They hold the benchmarks' questions."""
DUPLICATE_REPORTS = ("near_duplicates.json", "near_duplicates.md")
"""List the questions that were taken for repetitions of others."""
CARD = "README.md"
"""Dataset card, as hubs call it."""
PLOT = "accuracy.png"
"""Accuracy over the rounds of self-training, copied from the run."""
