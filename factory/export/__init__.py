"""Choosing what is exported and what every format shares: filters, caps, splits, rows, imported lines."""
