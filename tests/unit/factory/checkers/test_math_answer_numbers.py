"""Number words, roots, powers of ten, ratios, and golds that were rounded: what is the same number."""

from __future__ import annotations

import pytest
from support.checking.answers import outcome, pairs

# Gold -> answers.
SAME = {
    "4.123105625617661": [r"\sqrt{17}"], "2.718281828459045": ["e"], "1.732": [r"\sqrt{3}"],
    "2.236": [r"\sqrt5"], "1.618": [r"\frac{1+\sqrt5}{2}"], "3.1416": [r"\pi"],
    "33.33": [r"33\frac13", r"\frac{100}{3}", r"33.\overline{3}", "33.333..."], "33.3": [r"\frac{100}{3}"],
    r"33.33\%": [r"\frac13", r"33\frac13\%"], "33.33%": [r"33\frac{1}{3}"], "3.141592653589793": [r"\pi"],
    "1.4142135623730951": [r"\sqrt{2}"], "-1.4142135623730951": [r"-\sqrt{2}"],
    "3.7416573867739413": [r"\sqrt{14}", "√14"], "0.6931471805599453": [r"\ln 2"], "6.283185307179586": [r"2\pi"],
    "6.283185307179586 cm": [r"2\pi"], "12.566370614359172": [r"4\pi \text{ cm}"],
    "66.67": [r"66\frac23", r"\frac{200}{3}", "66 2/3"], "0.667": [r"\frac23"],
    "0.3333333333333333": [r"\frac13", "0.333333333333333"], "0.1666666666666667": [r"\frac16"], "2.0": [r"\sqrt{4}"],
    "5": ["5 seconds", "5 apples", "5 people", "5 students", "5 left", "5 units", "5 children", "5 yuan", "5 yen",
        "5 pounds", "5 each", "5 mol", "5 joules", "5 blorps", "5 boxes", "5 points", "5 decimal points"],
    "500000": ["5 lakh", "5 lakhs", "five lakh"], "50000000": ["5 crore"], "3000000": ["3 million"],
    "60": ["5 dozen"], "6": ["1/2 dozen", "half a dozen", "half dozen"], "12": ["a dozen"],
    "0.05": ["5 hundredths", "five hundredths"],
    "2500000": ["two and a half million", "2 and a half million", "2 1/2 million", "2.5 million"], "5 doz": ["5 doz"],
    "500000 rupees": ["5 lakh rupees", "Rs. 5 lakh"], "5 pairs": ["5 pairs"], "0.27": ["27 pct"],
    r"\frac{3}{4}": [r"\frac{৩}{৪}", "3 quarters"], r"\$5": ["5 USD", "5 dollars", r"\$5 each"],
    r"\sqrt{13}": ["√13"], r"2\sqrt{13}": ["2√13", "2 √13"], r"\frac{\sqrt{13}}{2}": ["√13/2", "√13 / 2"],
    r"\sqrt[3]{4}": ["∛4"], r"\sqrt[4]{2}": ["∜2"], r"2\sqrt[3]{4}": ["2∛4"], r"2\sqrt{3}+\sqrt{5}": ["2√3+√5"],
    "5000000": ["5 x 10^6", "5 X 10^6", "5x10^6", "5x10^{6}", "5x10⁶", "5 x 10⁶", "US$5 million", "$5 m",
        "5 X 10^{6}"], r"5\times10^{-3}": ["5 x 10^-3", "5x10⁻³"], r"5.2\times10^6": ["5.2 x 10^6 m"],
    "4210_5": ["4210_{five}"],
    r"\frac34": [r"\text{three quarters}", "three quarters", "three-quarters", "three fourths"],
    r"\frac14": ["one-fourth", "one fourth", "a fourth", "a quarter"], r"\frac23": ["two thirds", "two-thirds"],
    r"\frac12": ["a half", "one half", "one-half", "half"], "1.5": ["one and a half", "one and one half"],
    "3.75": ["three and three quarters"], "2.25": ["two and a quarter"], "2.5": ["2 and a half"],
    r"\frac{3}{100}": ["three hundredths"], "300": ["three hundred"], "3.14": ["three point one four"],
    "5.2": ["five point two"], "22/7": ["3⅐"], "7/2": ["3½", "3 ½"], "1200": ["twelve hundred"],
    "1000": ["a thousand"], "100": ["a hundred"], "1000000": ["one million", "a million"],
    "-3": ["minus three", "negative three"], "3:00": ["3 o'clock"], "3:00 PM": ["15:00"],
    "3:30 PM": ["3.30 pm", "3:30 p.m."], "3:4": [r"3\colon 4", r"3 \colon 4", "3 : 4", "3 to 4", "3 is to 4"],
    r"1:\sqrt{3}:2": [r"1 : \sqrt3 : 2"], r"\sqrt2:1": [r"\sqrt{2}:1"], "a:b": ["a : b"],
    "5 apples left": ["5 apples"], "5000 watts": ["5 kW"], "1": ["one apple"], r"50\%": ["half", "one half"],
    "0.333333333333333": ["0.3333333333333333"], "1.41421356237309": [r"\sqrt2"],
    "1.4142135623730950488": [r"\sqrt2"], "1.4142135623730950499": [r"\sqrt2"], "1.41421356": [r"\sqrt2"],
    "1.414214": [r"\sqrt2"], r"16.67\%": [r"16\frac23\%", r"\frac16"], "0.1667": [r"16\frac23\%"],
    "14.29": [r"\frac{100}{7}"], "2.23607": [r"\sqrt5"], r"5\times10^6": ["5 x 10^6"], "5x10^6": ["5000000"],
    "√13": [r"\sqrt{13}"], "2√13": [r"\sqrt{52}"], "√13/2": [r"\frac{\sqrt{13}}{2}"], "∛8": ["2"], "³√8": ["2"],
    "x√3": [r"\sqrt3 x"], "0.75": ["three-fourths"], "150": ["one hundred and fifty", "a hundred and fifty"],
    "1500": ["fifteen hundred", "fifteen hundreds", "one thousand five hundred"],
    "0.25": ["zero point two five", "25 hundredths"], "2.05": ["two point zero five"], "3/4": ["three over four"],
    "3 : 4": ["3/4"], r"3\colon4": [r"\frac34"], "5:30": ["5:30 pm"], "5:30 pm": ["17:30", "5.30 p.m."],
    "5 pm": ["5:00 PM", "5 o'clock"], r"1:\sqrt3:2": [r"1:\sqrt{3}:2"], r"2, \frac12": ["2 and 1/2"],
    "2, 17, 119": ["2,17,119"], "2,17,119": ["2, 17, 119"], "5 blorp": ["5 blorp"], "May 5": ["5 May"],
    "5 boxes": ["5 box"], r"\$1.25": ["1 dollar and 25 cents", "125¢"], "1.25": ["1 dollar and 25 cents"],
    "125": ["1 dollar and 25 cents"], r"0.5\%": ["0.005"], r"66.7\%": [r"\frac23"],
    "0.07": ["seven hundredths", "7 hundredths"], "1/3": ["one third", "a third", "one-third of the pizza"],
    "2/3": ["two thirds of the pizza", "two-thirds cup"], "3/8": ["three eighths"], "5/16": ["five sixteenths"],
    "1 1/2": ["one and a half", "one and a half cups"], r"2\frac{1}{3}": ["two and one third", "two and one-third"],
    "12345": ["twelve thousand three hundred forty-five", "twelve thousand, three hundred forty-five"],
    "-2.5": ["minus two and a half"], "-0.5": ["negative one half"], "4.7": ["four point seven"],
    "400": ["four hundred"], "405": ["four hundred and five"], "24": ["two dozen", "2 dozen eggs"],
    "24 eggs": ["two dozen eggs", "two dozen"], "30": ["two and a half dozen"], "5,000": ["5 thousand"],
    "1.5 million": ["1500000"], "1.5 million dollars": [r"\$1.5M", r"\$1,500,000"], "5 lb": ["5 pounds"],
    r"\sqrt{7}": ["√7 cm"], r"\sqrt{7} cm": ["√7"], r"2\sqrt{3}": ["2√3 square units"],
    r"\frac{3\sqrt{2}}{2}": ["3√2/2"], r"\sqrt{x}": ["√x"],
    r"1.2\times10^{-5}": ["1.2x10^-5", "1.2 x 10⁻⁵", "1.2E-5"], "3 to 5": ["3:5"], "3:4:5": ["3 : 4 : 5"],
    "1/2:1/3": [r"\frac12:\frac13"], "2x:3y": ["2x : 3y"], "10:30 am": ["10:30"], "noon": ["12:00"],
    "12:00 pm": ["noon"], "12 am": ["0:00"], "5 am": ["5 a.m."], "0.30000000000000004": ["0.3"],
    "2.9999999999999996": ["3"], "0.6666666666666666": [r"\frac23"], "0.6666666666666667": [r"\frac23"],
    "1.6180339887498949": [r"\frac{1+\sqrt5}{2}"], "1.618033988749895": [r"\frac{1+\sqrt{5}}{2}"],
    "3.14159": [r"\pi"], "9.869604401089358": [r"\pi^2"], "22.62741699796952": [r"16\sqrt{2}", r"16\sqrt{2} + 0"],
    "22.62741699796952 cm^2": [r"16\sqrt{2} \text{ cm}^2"], "0.8660254037844386": [r"\frac{\sqrt{3}}{2}"],
    "-0.5403023058681398": [r"-\cos 1"], "7.38905609893065": ["e^2"],
    "2.23606797749979, -2.23606797749979": [r"\pm\sqrt{5}"], "x = 2.23606797749979": [r"x=\sqrt{5}"],
    "5 L": ["5 litres"], "5 cm tall": ["5 cm"], "70000000000": ["7 thousand crore"], "5 points": ["5"],
    r"\$0.25": ["25 cents"], "3.00": [r"\log_2 8"], "3.000000": [r"\log_2 8"], "1.000": [r"\sin^2 1 + \cos^2 1"],
    "2.00": [r"\sqrt{4}"], "1.500": [r"\log_4 8"],
}  # fmt: skip
OTHER = {
    "33.33": [r"\frac{101}{3}", r"33\frac{2}{3}", r"-33\frac13"],
    "3.141592653589793": [r"\pi + 0.0000001", r"\frac{22}{7}"], "1.4142135623730951": [r"\sqrt{3}", r"-\sqrt{2}"],
    "1.733": [r"\sqrt{3}"], "3.14159265": [r"\frac{22}{7}"], "9.42": [r"4\pi"], "5 apples": ["5 oranges", "5 pears"],
    r"\$5": ["5 cents", "5 euros", "5 rupees"], r"\sqrt{13}": ["√14"], r"\sqrt[3]{4}": ["√4"],
    r"5\times 10^6": ["5 x 10^7"], r"\frac34": ["three fifths", "three"], "2.5": ["two and a third"],
    "3:30 PM": ["4:30 PM", "3:30 AM"], "3:4": ["4:3"], "5 cm": ["5 in"],
    "0.333333333333333": ["0.3333333333333", "0.333333333333334"], "123456789012345.1": ["123456789012345.2"],
    "1.41421359": [r"\sqrt2"], "1.414213": [r"\sqrt2"], "-33.33": [r"33\frac13"], "14.28": [r"\frac{100}{7}"],
    "2.236": [r"\sqrt6"], "50000000": ["5 x 10^6"], "2√13": ["√26"], "√13/2": [r"\sqrt{6.5}"], "∛27": ["9"],
    "4/3": ["three over four"], r"27\%": ["0.27 pct"], "5 m/s": ["5 m"], r"66.7\%": [r"\frac35"],
    "0.667": [r"\frac{667}{1001}"], "0.007": ["7 hundredths"], "700": ["7 hundredths"],
    r"2\frac{1}{3}": ["two and two thirds"], "-0.5": ["one half"], "4.7": ["four point eight"],
    "400": ["four hundred and five"], "1.5 million": ["1.5 billion"], "5 crore": ["5 lakh"], r"\sqrt{x+1}": ["√x+1"],
    r"1.2\times10^{-5}": ["1.2 x 10^5"], "10:30 am": ["22:30"], "5 am": ["5 pm"],
    "1.618033988749895": [r"\frac{1-\sqrt{5}}{2}"], "3.14159": ["3.1416"], "3.00": [r"\log_2 9"],
}  # fmt: skip
UNCLEAR = {
    "1.73": [r"\sqrt{3}"], "1.41": [r"\sqrt{2}"], "9.42": [r"3\pi"], "500000": ["5,00,000"],
    "5": ["5 pairs", "5 zloty", "5 blorp"], r"\frac{1}{25}": ["one twenty-fifth"], "100000": ["1,00,000"],
    "1234567": ["12,34,567"], "5 students": ["5 people"], "2.24": [r"\sqrt5"],
    "7.07": [r"5\sqrt{2}"], "7.07 cm": [r"5\sqrt2"], "5000000": ["5x10**6"], "1.5 million": ["1.5"],
    "1.5": ["1.5 million"], r"\sqrt{\frac12}": ["√½"], "1.62": [r"\frac{1+\sqrt5}{2}"], "3.14": [r"\pi"],
}  # fmt: skip
NEVER = {
    "3.14": [r"\pi"], r"\pi": ["3.14"], r"\sqrt2": ["1.414", "1.4142135623730951"],
    "5": ["5 lakh", "5 crore", "5 quadrillion", "5 doz", "5 fifteenths", "5 trillionths", "5 score", "5 gross",
        "5 myriad", "5 myriads", "5 Mio.", "5 Mrd.", "5 billionths", "5 lakhs", "5 lacs", "5 crores", "5 arab",
        "5 kharab", "5 bn", "5 mn", "5 M", "5 B", "5 mil", "5 mille", "5 millones", "5 milliards", "5 Millionen",
        "5 Tausend", "5 Dutzend", "5 docenas", "5 milliard", "5 quintillion", "5 sextillions", "5 googol", "5 dozens",
        "5 twenty-fifths", "5 sixteenths", "5 thirty-seconds", "5 hundred-thousandths", "5 ten-thousandths",
        "5 thousandths", "5 juta", "5 tens", "5 hundreds", "5 thousands", "5 millions", "5 grand", "5 kilo", "5 mega",
        "5 pct", "5 percent", "5 permille", "5 ppm", "5 bps", "5 dB", r"5\text{ lakh}", r"5\text{ dozen}",
        "5 lakh rupees", "5 crore people", "five point two", "5 x", "V", "5 hundredweight", "5 fives", "5 half-dozen",
        "5 per hundred", "5 hundred-thousand", "five lakh", "5 baker's dozen", "5 twelfths", "5 twenties",
        "5 milhoes", "5 miljoen", "5 milioni", "5 kilos", "5 ths", "5 sevenths", "5 halves", "5 th",
        "five over three", "5 o'clock", "5 pm", "5 C", "5 N", "5 T", "5 G", "5 basis points", "5 percentage points",
        "5 point", "5 reciprocals", "5 inverse", "5 shocks", "5 parts per million", "5 vigintillions"],
    "2.5": ["two and a half million"], "5 apples": ["5 lakh"], r"\sqrt{13}": ["√1·3"], "4210_5": ["4210"],
    "300": ["three hundredths"], "3": ["three quarters", "third", "3 quarters", "three point"], "third": [r"\frac13"],
    "5 m": ["5 min", "5 M"], r"1:\sqrt{3}:2": [r"1:\sqrt{2}:2", r"1:2:\sqrt{3}"],
    "1": ["1 lakh", "1 half", "1 third", "one third", "a dozen", "half"],
    "2": ["half a dozen", "two point five", "two dozen"], "0.5": ["half a dozen"], "16.67": [r"16\frac23\%"],
    "√13": ["√1 3"], r"\frac34": ["quarters"], "0.1": ["one hundred thousandths"], "100": ["one hundred thousandths"],
    "25": ["two point five"], r"1:\sqrt3:2": [r"2:\sqrt3:1"], r"1:\sqrt3": [r"\sqrt3:3"],
    "7": ["7,00,000", "7 hundredths", "7 hundredfold", "7 lakh crore", "7 hundred crore", "7 thousand crore rupees",
        "7 million million", "7 hundred thousandths", "7 half", "7 halfs", "7 bakers dozen",
        "7 hundredths of a second", "7 ½", "7½"], r"\$1.25": ["125"], r"33\frac13\%": [r"33.33\%"],
    "5000": ["5 grand"], r"\sqrt{7} cm": ["√7 m"], "2:3": ["4:6"], "1:2": ["1 : 2 : 3"], "x:y": ["y:x"],
    "10:30": ["10.30"], "0.5772156649": [r"\gamma"], "8.881784197001252": [r"2\sqrt{2}\pi"],
}  # fmt: skip


@pytest.mark.parametrize(("gold", "answer"), pairs(SAME))
def test_the_same_value_is_correct_however_it_is_written(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "correct"


@pytest.mark.parametrize(("gold", "answer"), pairs(OTHER))
def test_another_value_or_unit_is_incorrect(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "incorrect"


@pytest.mark.parametrize(("gold", "answer"), pairs(UNCLEAR))
def test_what_can_be_meant_in_two_ways_is_unparsable(gold: str, answer: str) -> None:
    assert outcome(gold, answer) == "unparsable"


@pytest.mark.parametrize(("gold", "answer"), pairs(NEVER))
def test_a_number_that_only_looks_like_the_gold_is_never_correct(gold: str, answer: str) -> None:
    assert outcome(gold, answer) != "correct"
