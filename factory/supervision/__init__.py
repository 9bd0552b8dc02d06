"""Step labellers, one file each, picked by `supervision.method`."""
