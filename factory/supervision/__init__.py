"""Step labellers, one file each, picked by `supervision.method`.

One that can go on where it stopped names the amounts of its `Config` that may be raised when a run is resumed,
`EFFORT = ("k",)`. It asks for rollouts on account of `step_labels.targets` only, and for those a prefix lacks
(`node.trials`, `node.requested`); solutions whose labels stand (`labelled`) need none.
"""
