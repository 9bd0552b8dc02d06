"""Contracts of the core's plug-ins: what a file of each registry folder has to define, and what it may define.

| to add | put a file into | and keep the contract in |
|---|---|---|
| a search method | `factory/search/` | `factory/contracts/search.py` |
| a step labeller | `factory/supervision/` | `factory/contracts/supervision.py` |
| an answer checker | `factory/checkers/` | `factory/contracts/checkers.py` |
| a question source | `factory/sources/` | `factory/contracts/sources.py` |
| a selection of training data | `factory/selection/` | `factory/contracts/selection.py` |
| an export format | `factory/formats/` | `factory/contracts/formats.py` |
| an engine or a trainer | `actors/engines/`, `actors/trainers/` | `actors/contracts/` |
| a pipeline | `pipelines/` | `pipelines/run/contract.py` |

Each module holds one frozen dataclass whose fields are the names that a plug-in's module defines, and one `Registry`
that loads plug-ins through it: `CHECKERS.load("math_answer").limits(config)`. A field without a default has to be
defined. A plug-in that does not keep its contract is refused when it is loaded, in one line that says what is missing.

Every `Config` is a dataclass with a default for each field: it is one section of a config file.
Modules of this package import as little as they can: processes that fork checkers load one of them.
"""
