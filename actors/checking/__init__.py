"""Answer checking in processes that can be killed.

Read first: `pool.py` (verdicts for a batch, whatever hangs or dies). `zygote.py` is the main of the subprocess that
forks the workers, `zygote_client.py` the owner's side of it, `metrics.py` what Ray's metrics get. `checks.py` is the
other end: checkers as a rollout worker sees them.
"""
