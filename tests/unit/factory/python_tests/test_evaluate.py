"""Interpreter of the trusted half of a test: it agrees with Python, and data keeps its type on the way."""

from __future__ import annotations

import ast
import json
import math
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.python_tests.evaluate import evaluate
from factory.python_tests.operations import PYTHON_ERRORS, Unsupported, ValueTooLarge
from factory.python_tests.wire import MAX_HASHED, MAX_ITEMS, ItemBudget, Iterated, NotPlain, Opaque, decode, encode

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text("ab é", max_size=3)
LITERALS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        # Python itself builds a set of three constants or more in another order than it is written in.
        | st.sets(SCALARS, max_size=2)
        | st.dictionaries(SCALARS, inner, max_size=3)
    ),
    max_leaves=6,
)
OPERATORS = "+ - * / // % == != < <= > >= in is and or & | ^ <<"
FUNCTIONS = "abs len sorted set list tuple sum str int float round max min any all bool type"
FORMS = [
    ("({} {} {})", [None, OPERATORS.split(" "), None]),
    ("({}{})", [["not ", "-", "~"], None]),
    ("{}({})", [FUNCTIONS.split(" "), None]),
    ("({}[{}])", [None, None]),
    ("({} if {} else {})", [None, None, None]),
    ("[x for x in {} if x != {}]", [None, None]),
    ("({} < {} <= {})", [None, None, None]),
]


def sources(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A form with its holes filled: one of the words given for it, or a smaller source."""
    filled = []
    for form, holes in FORMS:
        parts = st.tuples(*(inner if words is None else st.sampled_from(words) for words in holes))
        filled.append(parts.map(lambda parts, form=form: form.format(*parts)))
    return st.one_of(filled)


SOURCES = st.recursive(LITERALS.map(lambda value: f"({value!r})"), sources, max_leaves=6)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@given(SOURCES)
def test_it_agrees_with_python(source: str) -> None:
    try:
        expected: Any = eval(source)  # noqa: S307 - made above, of literals and operators
    except PYTHON_ERRORS as error:
        expected = type(error)
    try:
        got = evaluate(ast.parse(source, mode="eval").body, {})
    except PYTHON_ERRORS as error:
        got = type(error)
    except (ValueTooLarge, Unsupported):
        return  # formatting with %
    assert repr(got) == repr(expected)
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    "source",
    [
        "2 ** 10 ** 8",
        "1 << 10 ** 8",
        "(1 << 4000000) * (1 << 4000000)",
        "'x' * 10 ** 7",
        "[0] * 10 ** 7",
        "10 ** 7 * (1,)",
        "list(range(10 ** 12))",
        "range(10 ** 30)",
        "round(5, -10 ** 9)",
        "('x' * 1000).join(['a'] * 10 ** 5)",
        "[x for x in range(10 ** 6) for y in range(10 ** 6)]",
        "set(range(20_000))",
        "frozenset(range(20_000))",
        "dict([(x, x) for x in range(20_000)])",
        "{x for x in range(20_000)}",
        "{1}.union(list(range(20_000)))",
        "[1 for x in range(10 ** 5) if -1 in list(range(10 ** 5))]",
    ],
)
def test_what_would_grow_without_bound_is_refused(source: str) -> None:
    with pytest.raises(ValueTooLarge):
        evaluate(ast.parse(source, mode="eval").body, {})


@pytest.mark.parametrize(
    "source",
    ["open('x')", "eval('1')", "__import__('os')", "().__class__", "x", "lambda: 1", "f'{1}'", "'%s' % 1", "(1).real"],
)
def test_nothing_else_can_be_reached(source: str) -> None:
    with pytest.raises(Unsupported):
        evaluate(ast.parse(source, mode="eval").body, {})


ANY_SCALAR = SCALARS | st.integers() | st.floats() | st.complex_numbers() | st.binary(max_size=4) | st.text(max_size=4)
DATA = st.recursive(
    ANY_SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.sets(ANY_SCALAR, max_size=3)
        | st.frozensets(ANY_SCALAR, max_size=3)
        | st.dictionaries(ANY_SCALAR, inner, max_size=3)
    ),
    max_leaves=10,
)


@given(DATA)
def test_data_comes_out_as_it_was(value: Any) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    assert type(back) is type(value)
    if isinstance(value, set | frozenset) or "nan" in repr(value):
        assert len(repr(back)) == len(repr(value))  # the order of a set is nobody's business; nan equals nothing
    else:
        assert back == value
        assert repr(back) == repr(value) or "{" in repr(value)


def test_a_million_digits_come_out() -> None:
    assert decode(json.loads(json.dumps(encode(10**1_000_000)))) == 10**1_000_000


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "-0.0"])
def test_special_floats_come_out(text: str) -> None:
    assert repr(decode(encode(float(text)))) == text


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (Point(1, 2), (1, 2)),
    ],
)
def test_what_equals_its_plain_form_comes_out_as_that(value: Any, plain: Any) -> None:
    back = decode(encode(value))
    assert (type(back), back) == (type(plain), plain)


class EqualsAll(int):
    __module__ = "solution"  # as the driver loads it

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    ("value", "comparable"),
    [
        (EqualsAll(), False),
        (object(), False),
        (print, False),
        (int, False),
        (Fraction(1, 2), True),
        (Decimal(1), True),
        (deque([1]), True),
    ],
    ids=lambda value: type(value).__name__ if type(value) is object else repr(value),  # no address, which changes
)
def test_an_object_stays_in_the_sandbox(value: Any, comparable: bool) -> None:
    back = decode(encode(value))
    assert isinstance(back, Opaque)
    assert back is not None
    for operation in (lambda: back == 1, lambda: back != 1, lambda: not back, lambda: [back] == [1], lambda: len(back)):
        with pytest.raises(NotPlain) as refused:
            operation()
        assert refused.value.comparable == comparable


@pytest.mark.parametrize(
    ("made", "plain"),
    [
        ("float64(1.5)", 1.5),
        ("int64(3)", 3),
        ("uint8(200)", 200),
        ("bool_(True)", True),
        ("complex128(1j)", 1j),
        ("array(3)", 3),
        ("sum([1, 2])", 3),
    ],
)
def test_a_scalar_of_numpy_comes_out_as_the_number_that_it_equals(made: str, plain: Any) -> None:
    numpy = pytest.importorskip("numpy")
    value = eval(made, vars(numpy))  # noqa: S307 - one of those above
    back = decode(encode([value]))
    assert (back, type(back[0])) == ([plain], type(plain))


@pytest.mark.parametrize("made", ["array([1, 2])", "float32(0.1)", "datetime64('2020')", "array(0.5)"])
def test_what_numpy_compares_in_its_own_way_stays_in_the_sandbox(made: str) -> None:
    numpy = pytest.importorskip("numpy")
    back = decode(encode(eval(made, vars(numpy))))  # noqa: S307 - one of those above
    assert isinstance(back, Opaque)
    assert back.comparable


def test_only_whole_rationals_are_numbers() -> None:
    sympy = pytest.importorskip("sympy")
    assert decode(encode([sympy.Integer(2), Fraction(2)])) == [2, 2]
    for value in (sympy.Rational(1, 2), sympy.sqrt(2), sympy.true):
        assert decode(encode(value)).comparable


def test_a_conversion_of_the_candidates_own_is_not_asked_for() -> None:
    forged = type("Forged", (), {"__module__": "solution", "ndim": 0, "item": lambda self: 3})
    back = decode(encode(forged()))
    assert (type(back), back.comparable) == (Opaque, False)


ALIKE = [["int", hex(number * (2**61 - 1))] for number in range(MAX_HASHED // 2 + 1)]  # all with the hash 0


@pytest.mark.parametrize(
    "encoded",
    [["set", ALIKE], ["frozenset", ALIKE], ["dict", [[one, one] for one in ALIKE]]],
    ids=["set", "frozenset", "dict"],
)
def test_sets_and_dicts_are_bounded_all_together(encoded: Any) -> None:
    budget = ItemBudget()
    assert len(decode(encoded, budget)) == len(ALIKE)
    with pytest.raises(NotPlain, match="too large"):
        decode(["list", [encoded]], budget)


def test_an_object_can_be_told_from_none_and_no_more() -> None:
    names = {"@0": decode(encode(object()))}
    assert evaluate(ast.parse("x is not None", mode="eval").body, {"x": names["@0"]}) is True
    for source in ("isinstance(x, int)", "type(x) == int", "x.count(1)", "x == 1", "x or 1"):
        with pytest.raises(NotPlain):
            evaluate(ast.parse(source, mode="eval").body, {"x": names["@0"]})


def test_iterators_come_out_as_what_they_yield_and_equal_nothing() -> None:
    back = decode(encode(value for value in (1, 2)))
    assert isinstance(back, Iterated)
    assert back != [1, 2]
    assert list(back) == [1, 2]
    with pytest.raises(TypeError):
        len(back)
    assert len(decode(encode(range(3)))) == 3


def test_an_endless_iterator_is_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.python_tests.wire.MAX_ITEMS", 1_000)  # the bound itself is met in a sandbox
    assert isinstance(decode(encode(iter(zip(iter(int, 1), iter(int, 1), strict=False)))), Opaque)
    assert MAX_ITEMS < 10**6


def test_depth_is_bounded() -> None:
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(NotPlain):
        assert decode(encode(nested)) == [1] or decode(encode(nested)) == nested


HOSTILE = [
    [],
    ["int"],
    ["int", 3],
    ["int", "x"],
    ["nope", 1],
    ["list", "abc"],
    ["dict", [[1]]],
    ["set", [["list", []]]],
    3,
]


@pytest.mark.parametrize("encoded", [*HOSTILE, ["constant", 3], ["float", "1_0"], ["str", ["str", "x"]]], ids=repr)
def test_what_is_not_encoded_data_is_refused(encoded: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        decode(encoded)


def test_a_nan_is_not_itself() -> None:
    assert evaluate(ast.parse("x == x", mode="eval").body, {"x": math.nan}) is False
