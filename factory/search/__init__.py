"""Search methods: one plug-in per file, chosen by `search.method`; each adds solutions to a question's tree.

A plug-in defines `Config` and `async def search(tree, policy, config, rng)`; read `sample.py` first. It passes its own
name as `method` of its rollouts. A search that can continue where it stopped lists the amounts of its `Config` that may
be raised on resume, `EFFORT = ("n",)`, and requests only what is missing (`node.searched` counts what searches have
requested). Without `EFFORT` a search is not run again on a question taken up again from its record.
"""
