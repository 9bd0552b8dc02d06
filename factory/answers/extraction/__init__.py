"""From a completion to the answer it states: boxes, statements, choices, markup."""
