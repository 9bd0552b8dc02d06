"""Search methods: one plug-in per file, chosen by `search.method`; each adds solutions to a question's tree.

The contract is in `factory/contracts/search.py`; read `sample.py` first. A search passes its own name as `method` of
its rollouts. One that can continue where it stopped lists the amounts of its `Config` that may be raised on resume,
`EFFORT = ("n",)`, and requests only what is missing (`node.searched` counts what searches have requested). Without
`EFFORT` a search is not run again on a question taken up again from its record.
"""
