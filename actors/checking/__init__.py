"""Checking answers in processes that can be killed: the pool, its zygote and their metrics."""
