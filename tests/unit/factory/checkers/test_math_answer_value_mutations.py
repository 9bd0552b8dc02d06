"""Spellings of an amount: all are correct; another value, another unit, half of the answer never is."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st
from support.checking.answers import outcome

# Unit -> its spellings behind a number in place of {}.
UNITS = {
    "celsius": [
        r"{}^\circ C",
        r"{}^\circ\text{{C}}",
        "{} °C",
        "{}℃",
        "{} degrees Celsius",
        r"{}^{{\circ}}\mathrm{{C}}",
    ],
    "fahrenheit": [r"{}^\circ F", r"{}^\circ\text{{ F}}", "{}°F", "{}℉", "{} degrees Fahrenheit"],
    "degree": [r"{}^\circ", "{}°", "{} degrees", "{}度"],
    "dollar": [r"\${}", "US${}", r"US\${}", "USD {}", "{} dollars", "{} USD", r"{}\text{{ dollars}}"],
    "euro": ["€{}", "{}€", "{} €", "{} euros", "EUR {}"],
    "rupee": ["₹{}", "Rs. {}", "Rs {}", "Rs.{}", "INR {}", "{} rupees", "Rs {}/-"],
    "yuan": ["{}元", "{} 元", "{} yuan", "RMB {}", "{}（元）"],
    "yen": ["{}円", "{} yen", "JPY {}"],
    "square cm": ["{}平方厘米", r"{}\text{{ cm}}^2", "{} cm^2", "{} square centimeters", "{} (cm^2)", "{} sq cm"],
    "kg": ["{}千克", "{}公斤", "{}kg", "{} kilograms", "{} (kg)", r"{}\,\mathrm{{kg}}"],
    "hour": ["{}小时", "{}時間", "{} hours", "{} hrs", "{} (hours)", "{} h"],
    "percent": [r"{}\%", "{}%", "{} pct", "{} percent", "{} per cent", "{}％", "{} pct."],
    "apple": ["{} apples", "{} (apples)", r"{}\text{{ (apples)}}", "{} red apples", "{} apples left"],
    "sit-up": ["{} sit-ups", "{} (sit-ups)"],
    "people": ["{}人", "{} 人", r"{}\text{{人}}"],
}
# Words that make another number of the one before them.
SCALED_WORDS = (
    "lakh lakhs crore crores hundred thousand thousands million millions billion trillion quadrillion quintillion "
    "dozen doz dozens score gross myriad milliard Mio. Mrd. mn bn 万 亿 億 千 百 만 억 k K M halves thirds quarters "
    "fifths sixths tenths hundredths thousandths millionths billionths trillionths fifteenths twelfths twenty-firsts "
    "grand mil mille millones milliards Millionen Dutzend docenas tens pairs couples kilo mega per-mille ppm squared "
    "cubed factorial 双 打 折 成 分之一 万个 百万"
)
SCALED = SCALED_WORDS.split()
DIGITS = ["০১২৩৪৫৬৭৮৯", "๐๑๒๓๔๕๖๗๘๙", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "௦௧௨௩௪௫௬௭௮௯", "૦૧૨૩૪૫૬૭૮૯", "０１２３４５６７８９"]

numbers = st.integers(2, 9999)
decimals = st.decimals(2, 999, places=2, allow_nan=False).map(str)
amounts = st.one_of(numbers.map(str), decimals)
names = st.sampled_from(sorted(UNITS))


@given(st.data(), amounts, names)
def test_every_spelling_of_an_amount_is_correct(data: st.DataObject, amount: str, name: str) -> None:
    gold, answer = (data.draw(st.sampled_from(UNITS[name])).format(amount) for _ in range(2))
    assert outcome(gold, answer) == "correct"
    if name != "percent":
        assert outcome(gold, amount) == "correct"
        assert outcome(amount, answer) == "correct"


@given(st.data(), amounts, amounts, names)
def test_no_spelling_of_another_amount_is(data: st.DataObject, amount: str, other: str, name: str) -> None:
    assume(Fraction(amount) != Fraction(other))
    gold, answer = (data.draw(st.sampled_from(UNITS[name])) for _ in range(2))
    assert outcome(gold.format(amount), answer.format(other)) == "incorrect"
    assert outcome(amount, answer.format(other)) != "correct" or name == "percent"


@given(st.data(), amounts, names, names)
def test_no_other_unit_is(data: st.DataObject, amount: str, name: str, other: str) -> None:
    assume(name != other and (name, other) not in (("celsius", "degree"), ("fahrenheit", "degree")))
    gold, answer = data.draw(st.sampled_from(UNITS[name])), data.draw(st.sampled_from(UNITS[other]))
    assert outcome(gold.format(amount), answer.format(amount)) != "correct"


@given(
    numbers, st.sampled_from(SCALED), st.sampled_from(["{} {}", "{}{}", r"{}\text{{ {}}}", "{} {} rupees", "{} ({})"])
)
def test_a_word_that_scales_a_number_is_no_unit(number: int, word: str, form: str) -> None:
    assert outcome(str(number), form.format(number, word)) != "correct"


@given(numbers, st.sampled_from(DIGITS))
def test_digits_of_all_scripts_are_the_same_number(number: int, digits: str) -> None:
    written = str(number).translate(str.maketrans("0123456789", digits))
    assert outcome(str(number), written) == outcome(written, str(number)) == "correct"
    assert outcome(str(number + 1), written) == "incorrect"


@given(st.integers(2, 9999), st.integers(2, 9999))
def test_a_root_is_of_the_number_behind_its_sign(number: int, other: int) -> None:
    assume(math.isqrt(number) ** 2 != number)
    assert outcome(rf"\sqrt{{{number}}}", f"√{number}") == "correct"
    assert outcome(rf"\frac{{\sqrt{{{number}}}}}{{2}}", f"√{number}/2") == "correct"
    assert outcome(rf"\sqrt{{{number}}}", f"∛{number}") == "incorrect"
    if number != other:
        assert outcome(rf"\sqrt{{{number}}}", f"√{other}") == "incorrect"


@given(st.integers(2, 9999), st.sampled_from([".3f", ".6f", ".12f"]), st.integers(-9, 9))
def test_a_rounded_gold_is_met_by_the_value_it_was_rounded_from_only(number: int, form: str, change: int) -> None:
    assume(math.isqrt(number) ** 2 != number)
    exact, answer = repr(math.sqrt(number)), rf"\sqrt{{{number}}}"
    assert outcome(exact, answer) == "correct"
    assert outcome(format(math.sqrt(number), form), answer) in ("correct", "unparsable")
    if change:
        assert outcome(exact, rf"\sqrt{{{number}}} + \frac{{{change}}}{{100000}}") == "incorrect"
        assert outcome(format(math.sqrt(number), ".6f"), rf"\sqrt{{{number + change}}}") == "incorrect"


@given(st.integers(1, 300), st.integers(1, 40), st.sampled_from([3, 7, 9, 11, 13]), st.integers(-5, 5))
def test_a_rounded_gold_is_met_by_the_fraction_it_was_rounded_from_only(
    whole: int, part: int, below: int, change: int
) -> None:
    part %= below
    assume(part and math.gcd(part, below) == 1)
    gold = format(whole + part / below, ".4f")
    other = part + change
    assert outcome(gold, rf"{whole}\frac{{{part}}}{{{below}}}") == "correct"
    if change and 0 < other < below:
        assert outcome(gold, rf"{whole}\frac{{{other}}}{{{below}}}") == "incorrect"


@given(
    st.integers(0, 89), st.integers(1, 59), st.integers(1, 59), st.sampled_from(["{}^\\circ {}'", "{}°{}′", "{}° {}'"])
)
def test_minutes_are_sixtieths_of_a_degree(degrees: int, minutes: int, other: int, form: str) -> None:
    value = degrees + Fraction(minutes, 60)
    assert outcome(str(value), form.format(degrees, minutes)) == "correct"
    assert (
        outcome(form.format(degrees, minutes), rf"\frac{{{value.numerator}}}{{{value.denominator}}}^\circ") == "correct"
    )
    if other != minutes:
        assert outcome(str(value), form.format(degrees, other)) == "incorrect"


@given(st.integers(2, 99), st.sampled_from(["a", "b", "x", r"\alpha", r"\theta"]), st.integers(10, 180), st.booleans())
def test_the_sign_of_degrees_beside_a_variable_makes_no_difference(
    factor: int, name: str, degrees: int, swapped: bool
) -> None:
    sides = [rf"{degrees}^\circ - {factor}{name}", rf"{degrees} - {factor}{name}"]
    gold, answer = sides[::-1] if swapped else sides
    assert outcome(gold, answer) == "correct"
    assert outcome(gold, rf"{degrees + 1}^\circ - {factor}{name}") == "incorrect"
    assert outcome(gold, rf"{degrees} - {factor + 1}{name}") == "incorrect"


@given(st.integers(1, 12), st.integers(1, 59))
def test_hours_and_minutes_are_one_time(hours: int, minutes: int) -> None:
    gold = f"{60 * hours + minutes} minutes"
    for answer in (
        f"{hours} hours and {minutes} minutes", f"{hours}h {minutes}min", f"{hours} hr {minutes} min",
        f"{hours}小时{minutes}分钟", f"{hours}時間{minutes}分",
    ):  # fmt: skip
        assert outcome(gold, answer) == outcome(answer, gold) == "correct"
    for half in (f"{hours} hours", f"{minutes} minutes", f"{hours + 1} hours and {minutes} minutes"):
        assert outcome(gold, half) == "incorrect"
