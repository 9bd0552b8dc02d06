"""Contracts of engines and trainers: what a file of `actors/engines/` or `actors/trainers/` has to define.

They are read as those of the core are (`factory/contracts/__init__.py`): the fields of a class are the names that a
plug-in's module defines, and those without a default have to be defined. Importing a plug-in is cheap: it imports vLLM,
torch or transformers inside its functions, as a driver without a GPU loads it, too.

Read first: `engines.py`.
"""
