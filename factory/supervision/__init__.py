"""Step labellers: one plug-in per file, chosen by `supervision.method`. Read `README.md` and `math_shepherd.py` first.

The contract is in `factory/contracts/supervision.py`. A labeller that can continue where it stopped lists the amounts
of its `Config` that may be raised on resume, `EFFORT = ("k",)`. It requests rollouts only for the solutions that
`step_labels.targets` returns, and only those that a prefix lacks (`node.trials`, `node.requested`). Solutions whose
labels stand (`labelled`) get none.
"""
