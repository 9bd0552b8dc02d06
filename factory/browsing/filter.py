"""Filter and order of a list of questions, as they stand in the address of a page: names and numbers, nothing else.

    verdict=incorrect&first_error=2&sure_below=0.8&sort=-seconds

All that is asked of solutions is asked of one solution: the example lists questions with a wrong solution whose first
error is at its second step, and whose least sure label is below 80 %. Several values of one key are alternatives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from factory.errors import BadInput

OF_QUESTIONS = ("level", "source", "part", "pass", "status", "failure")
"""Keys that are asked of questions, each a set of names; `part` is the run inside a folder of several."""
OF_SOLUTIONS = ("verdict", "first_error", "role", "method", "flawed", "contradicted")
"""Keys that are asked of solutions, each a set of names."""
NAMED = (*OF_SOLUTIONS, *OF_QUESTIONS)
NUMBERS = ("sure_below", "sure_above")
"""Bounds of a solution's confidence, that of its least sure label, from 0 to 1."""
SAID = "said"
"""Key that asks whether people have annotated a question: yes or no."""
SORTS = ("order", "seconds", "calls", "pass", "confidence", "solutions")
"""Orders of a list; with a minus the greatest come first. `order` is that of the run's objects."""
PASSES = ("never", "seldom", "half", "mostly", "always", "no samples")
"""Classes of pass rates: 0, below 40 %, 40 to 60 %, above 60 %, 100 %; questions without independent samples."""
KNOWN, NO_ERROR, NOT_KNOWN = "known", "none", "unknown"
"""Names of `first_error` beside the number of a step, which counts from 1."""
_LONGEST, _MOST = 4_000, 200  # characters of a filter, and values in it
_FARTHEST_STEP = 32_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Choice of questions, and their order.

    Attributes:
      named: alternatives by key of `NAMED`; a key that is not there asks nothing.
      sure_below: confidence that a solution has to be below; None asks nothing.
      sure_above: confidence that it has to reach; None asks nothing.
      said: "yes" for questions that people have annotated, "no" for the others; "" asks nothing.
      sort: one of `SORTS`.
      descending: True for the greatest first.
    """

    named: dict[str, frozenset[str]] = field(default_factory=dict)
    sure_below: float | None = None
    sure_above: float | None = None
    said: str = ""
    sort: str = "order"
    descending: bool = False

    @property
    def text(self) -> str:
        """Filter as `read` takes it, always the same for the same choice."""
        pairs = [(key, name) for key in NAMED for name in sorted(self.named.get(key, ()))]
        pairs += [(key, f"{getattr(self, key):g}") for key in NUMBERS if getattr(self, key) is not None]
        if self.said:
            pairs.append((SAID, self.said))
        if self.sort != "order" or self.descending:
            pairs.append(("sort", f"{'-' * self.descending}{self.sort}"))
        return urlencode(pairs)


def read(text: str) -> Filter:
    """Return the filter that a text says. Raises `BadInput` for anything that is not of the form above."""
    if len(text) > _LONGEST:
        raise BadInput(f"a filter of {len(text):,} characters was got. Expected at most {_LONGEST:,}.")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=_MOST, errors="strict"
        )
    except ValueError:
        raise BadInput("the filter cannot be read. Expected key=value&key=value, such as verdict=incorrect.") from None
    return of_pairs(pairs)


def of_pairs(pairs: Iterable[tuple[str, str]]) -> Filter:
    """Return the filter of keys with their values. Raises `BadInput` for unknown keys and wrong values."""
    named: dict[str, set[str]] = {}
    numbers: dict[str, float] = {}
    sort, said = "order", ""
    for key, value in pairs:
        if key in NAMED:
            named.setdefault(key, set()).add(_checked(key, value))
        elif key in NUMBERS:
            numbers[key] = _share(key, value)
        elif key == SAID:
            if value not in ("yes", "no"):
                raise BadInput(f"said={value!r} was got. Expected yes or no.")
            said = value
        elif key == "sort":
            sort = value
        else:
            raise BadInput(f"a filter knows no {key!r}. Expected one of {', '.join((*NAMED, *NUMBERS, SAID, 'sort'))}.")
    if sort.removeprefix("-") not in SORTS:
        raise BadInput(
            f"the order {sort!r} was asked for. Expected one of {', '.join(SORTS)}, with or without a minus."
        )
    return Filter(
        named={key: frozenset(names) for key, names in named.items()},
        sure_below=numbers.get("sure_below"),
        sure_above=numbers.get("sure_above"),
        said=said,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
    )


def _checked(key: str, value: str) -> str:
    """Return a name, once it is one that the key can have."""
    if key == "first_error" and value not in (KNOWN, NO_ERROR, NOT_KNOWN):
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= _FARTHEST_STEP):
            raise BadInput(f"first_error={value!r} was got. Expected known, none, unknown or the number of a step.")
        return str(int(value[:6]))
    if key in ("flawed", "contradicted") and value not in ("yes", "no", "unknown"):
        raise BadInput(f"{key}={value!r} was got. Expected yes, no or unknown.")
    if key == "pass" and value not in PASSES:
        raise BadInput(f"pass={value!r} was got. Expected one of {', '.join(PASSES)}.")
    return value


def _share(key: str, value: str) -> float:
    """Return a number from 0 to 1."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise BadInput(f"{key}={value!r} was got. Expected a number from 0 to 1, such as 0.8.")
    return number
