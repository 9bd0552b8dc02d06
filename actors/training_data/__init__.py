"""Way from exported files to the batches a trainer sees: files, rows, token ids, padded or packed rows, batches.

Read first: `files.py` (the files of a split), then `reading.py` (their rows), `tokens.py` and `reward_layout.py`
(token ids and labels), `examples.py` (which ones are left), `batches.py` and `packing.py` (rows of one length).
"""
