"""Search methods, one file each, picked by `search.method`: `async def search(tree, policy, config, rng)`.

One that can go on where it stopped names the amounts of its `Config` that may be raised when a run is resumed,
`EFFORT = ("n",)`, and asks only for what is missing: `node.searched` is what searches have asked for there. It gives
its rollouts a `method` of their own. Without `EFFORT` a search is not run again on a question that is taken up again.
"""
