"""Search methods, one file each, picked by `search.method`: `async def search(question, models, config, ...)`."""
