"""`python -m tools.chaos`: a run under SIGKILL, held against an undisturbed one."""
