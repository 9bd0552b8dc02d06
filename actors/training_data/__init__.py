"""From exported files to the batches a trainer sees: reading, choosing, tokenising, packing."""
