"""Spellings of a value: all are correct, and no spelling of another value is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from support.checking.answers import outcome

DIGITS = "0123456789"
OTHER_DIGITS = ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
MINUS_SIGNS = "-−–－"

values = st.fractions(min_value=-(10**7), max_value=10**7, max_denominator=500)
decimals = st.decimals(min_value=-(10**6), max_value=10**6, places=4, allow_nan=False)
integers = st.integers(min_value=-(10**18), max_value=10**18)


def repeating(value: Fraction) -> str:
    """The decimal expansion, its period under a bar."""
    whole, rest = divmod(abs(value.numerator), value.denominator)
    digits, seen = "", {}
    while rest and rest not in seen:
        seen[rest] = len(digits)
        digit, rest = divmod(10 * rest, value.denominator)
        digits += str(digit)
    if rest:
        digits = rf"{digits[: seen[rest]]}\overline{{{digits[seen[rest] :]}}}"
    return f"{'-' if value < 0 else ''}{whole}.{digits or '0'}"


@st.composite
def spellings(draw: st.DrawFn, value: Fraction) -> str:
    numerator, denominator = abs(value.numerator), value.denominator
    sign = draw(st.sampled_from(MINUS_SIGNS)) if value < 0 else ""
    factor = draw(st.integers(1, 9))
    command = draw(st.sampled_from([r"\frac", r"\dfrac", r"\tfrac", r"\cfrac", r"\displaystyle\frac"]))
    whole, rest = divmod(numerator, denominator)
    forms = [
        f"{sign}{command}{{{factor * numerator}}}{{{factor * denominator}}}",
        f"{command}{{{sign}{numerator}}}{{{denominator}}}",
        f"{sign}{numerator}/{denominator}",
        repeating(value).replace("-", sign),
        rf"{sign}\frac{{{100 * numerator}}}{{{denominator}}}\%",
    ]
    if whole and rest:
        forms += [f"{sign}{whole}{command}{{{rest}}}{{{denominator}}}", f"{sign}{whole} {rest}/{denominator}"]
    if denominator == 1:
        grouped = f"{numerator:,}"
        forms += [sign + grouped, sign + grouped.replace(",", "{,}"), sign + grouped.replace(",", r",\! ")]
        forms += [
            f"{sign}{numerator}",
            f"{sign}{numerator}.00",
            rf"{sign}{numerator} \times 10^{{0}}",
            f"{sign}{numerator}e0",
        ]
        forms += [f"{sign}{100 * numerator}\\%", rf"{sign}{numerator} \text{{ apples}}", f"{sign}00{numerator}"]
    spelled = draw(st.sampled_from(forms))
    if draw(st.booleans()) and "10^" not in spelled:
        spelled = spelled.translate(str.maketrans(DIGITS, draw(st.sampled_from(OTHER_DIGITS))))
    frames = ["{}", "${}$", r"\({}\)", "{}.", r"\,{}\;", " {} ", "**{}**", r"\text{{{}}}", "x = {}", "{{{}}}",
    "\u200b{}", "\n{}\n",
              r"\textcolor{{blue}}{{{}}}", r"\left( {} \right)"]  # fmt: skip
    in_brackets = not {"%", ",", "a"} & set(spelled)  # 1,234 in brackets is a pair
    usable = [frame for frame in frames if in_brackets or "left" not in frame]
    usable = [frame for frame in usable if "text{" not in frame or "\\" not in spelled]
    return draw(st.sampled_from(usable)).format(spelled)


@given(st.data(), st.one_of(values, integers.map(Fraction)))
def test_every_spelling_of_the_value_is_correct(data: st.DataObject, value: Fraction) -> None:
    for gold in (str(value), rf"\frac{{{value.numerator}}}{{{value.denominator}}}"):
        assert outcome(gold, data.draw(spellings(value))) == "correct"


@given(st.data(), st.one_of(values, integers.map(Fraction)), st.one_of(values, integers.map(Fraction), st.none()))
def test_no_spelling_of_another_value_is_correct(data: st.DataObject, value: Fraction, other: Fraction | None) -> None:
    near = [-value, value + 1, value * 10, value / 10, value + Fraction(1, 10**12), value / 3, 2 * value]
    wrong = other if other is not None else data.draw(st.sampled_from(near))
    if wrong != value:
        assert outcome(str(value), data.draw(spellings(wrong))) != "correct"


@given(st.data(), integers, st.integers(0, 30))
def test_one_changed_digit_or_a_moved_point_is_incorrect(data: st.DataObject, value: int, position: int) -> None:
    digits = str(abs(value))
    place = position % len(digits)
    changed = digits[:place] + data.draw(st.sampled_from(DIGITS.replace(digits[place], ""))) + digits[place + 1 :]
    sign = "-" if value < 0 else ""
    assert outcome(str(value), sign + changed) == "incorrect"
    if place and value % 10 ** (len(digits) - place):
        assert outcome(str(value), f"{sign}{digits[:place]}.{digits[place:]}") == "incorrect"


@given(decimals, st.integers(1, 9), st.integers(1, 40))
def test_digits_behind_the_last_decimal_count(value: Decimal, digit: int, zeros: int) -> None:
    assert outcome(str(value), f"{value}{'0' * zeros}") == "correct"
    assert outcome(str(value), f"{value}{'0' * zeros}{digit}") == "incorrect"


BESIDE = [
    r"{}\%", r"({})^{{2}}", "{}, {}", "{}, 77", "77, {}", r"{} \text{{ or }} 77", "77 or {}", r"{} \text{{ and }} 77",
    "> {}", r"\le {}", r"x \ge {}", r"\neq {}", r"\pm {}", r"{} \pm 1", "not {}", r"\text{{not }} {}", "{}:77", "{}_7",
    "{}i", "{}x", r"{}\pi", r"\sqrt{{{}}}", "{}?", "({}, 77)", r"\{{ {}, 77 \}}", "[{}, 77]", "{} = 77", "77 = {}",
    r"{} + 10^{{-40}}", r"{} \mod 77", "{} hundred", r"\overline{{{}}}", "-({})", "({})!!", "{} halves", "{} 77",
    r"\frac{{{}}}{{0}}", r"{} \approx 77777777777", r"{} \cdot 77", "{} is wrong", "maybe {}", "{}; 77", r"{} \cup 77",
    r"\begin{{pmatrix}} {} \\ 77 \end{{pmatrix}}", r"\lnot {}", "{}\u0338", "\u202e{}", "__import__('os') + {}",
]  # fmt: skip


@given(st.one_of(st.integers(2, 10**9), st.fractions(2, 10**4, max_denominator=99)), st.sampled_from(BESIDE))
def test_a_value_with_something_beside_it_is_never_correct(value: Fraction | int, beside: str) -> None:
    if value != 77 and not (value == 1 and "!" in beside):
        assert outcome(str(value), beside.format(value, value)) != "correct"


UNITS = {
    "length": ["mm", "cm", "m", "km"], "area": ["cm^2", "m^2", "square feet"], "speed": ["m/s", "km/h", "mph"],
    "time": ["seconds", "minutes", "hours"], "money": ["cents", "dollars"], "mass": ["g", "kg"], "share": [r"\%"],
    "angle": ["degrees"], "things": ["apples"], "other things": ["oranges"], "euros": ["euros"],
}  # fmt: skip
units = st.sampled_from([unit for names in UNITS.values() for unit in names])


@given(st.integers(1, 10**6), units, units)
def test_the_same_number_of_another_unit_is_incorrect(value: int, gold_unit: str, other_unit: str) -> None:
    expected = "correct" if gold_unit == other_unit else "incorrect"
    assert outcome(rf"{value}\text{{ {gold_unit}}}", f"{value} {other_unit}") == expected


@given(st.lists(st.fractions(-50, 50, max_denominator=9), min_size=2, max_size=6, unique=True))
def test_lists_and_sets_have_no_order_and_tuples_do(items: list[Fraction]) -> None:
    written = [str(item) for item in items]
    shuffled = written[::-1]
    assert outcome(", ".join(written), ", ".join(shuffled)) == "correct"
    assert outcome(r"\{" + ", ".join(written) + r"\}", r"\{" + ",".join(shuffled) + r"\}") == "correct"
    assert outcome(f"({', '.join(written)})", f"({','.join(shuffled)})") == "incorrect"
    for wrong in (written[1:], [*written, "51"], [*written[1:], "51"], [*written, written[0]]):
        assert outcome(", ".join(written), ", ".join(wrong)) == "incorrect"
        assert outcome(f"({', '.join(written)})", f"({', '.join(wrong)})") == "incorrect"
