"""Maintenance of run folders: validate, merge, diff, import."""
