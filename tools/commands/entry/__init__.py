"""Options, help and examples of the commands, as typer reads them. Nothing heavy is imported before a command works.

Read first: `options.py`.
"""
