"""Units, temperatures, angles, money, counters of other languages, and units in brackets: what is the same amount."""

from __future__ import annotations

import pytest
from support.checking.answers import outcome, pairs

# Gold -> answers.
SAME = {
    r"25^\circ C": ["25", r"25^\circ\text{C}", "25 °C", "25°C", "25℃", "25 degrees Celsius", "25 degrees C",
        r"25\text{ degrees Celsius}", "25 Celsius", r"25^{\circ}\mathrm{C}", r"25 \,^{\circ}\mathrm{C}", r"25^\circ"],
    "25": [r"25^\circ C", "25°C"], r"-40^\circ\text{F}": ["-40", "-40°F", "-40 degrees Fahrenheit"],
    "25 degrees Celsius": ["25°C", "25"], "98.6°F": ["98.6", r"98.6^\circ\text{ F}"],
    r"180^\circ - 2\alpha": [r"180 - 2\alpha", "180° - 2α", r"180^\circ - 2\alpha^\circ", r"\pi - 2\alpha"],
    r"180 - 2\alpha": [r"180^\circ - 2\alpha"], r"90^\circ + \frac{\alpha}{2}": [r"90+\alpha/2"],
    r"40^\circ - \alpha": [r"40-\alpha"], r"90^\circ-\frac{x}{2}": [r"90-\frac{x}{2}"],
    r"(180-2x)^\circ": ["180-2x", r"180^\circ-2x"], r"\sin 45^\circ": [r"\frac{\sqrt2}{2}"],
    r"60^\circ+30^\circ": ["90"],
    r"22^\circ 30'": [r"22.5^\circ", "22.5", "22°30'", "22°30′", r"22^\circ30^\prime", r"22^{\circ}30^{\prime}",
        r"22^\circ 30'", r"22\frac12^\circ"], r"22.5^\circ": [r"22^\circ 30'"],
    r"22^\circ 30' 36''": [r"22.51^\circ"], "22°30'36\"": [r"22.51^\circ", r"22^\circ 30' 36''"],
    "22.5": [r"22^\circ 30'"], r"\frac{\pi}{8}": [r"22^\circ 30'"], "50000": ["5 万", "5万"],
    "350000000": ["3.5亿", "3.5億"], "3000": ["3千", "3 千", "$3k"], "3": ["3千克", "3 km/h", "3 pints", r"\log_2 8"],
    "3000000": ["3 mn", "3 million (people)"], "3000000000": ["3 bn"],
    "5": ["5 duck eggs", "5 apples left", "5 red apples", r"5\text{ coins}", "5 years old", "5 feet tall",
        "5 apples in total", "US$ 5", "5", "5 baskets of apples"], "17": [r"17\text{ any text}"],
    "3 cups": ["3 cups of flour"], "3 cups of flour": ["3 cups"], "5 feet": ["5 feet tall", "60 inches"],
    "500000 rupees": ["₹5 lakh"], "5 zloty": ["5"],
    r"27\%": ["27 pct", "27 pct.", "27 per cent", "27％", "27 PCT", "27percent"], "9 (apples)": ["9", "9 apples"],
    "9": ["9 (apples)"], "250 (g)": ["250", "250 g", "0.25 kg"], "250(g)": ["250"], "250": ["250 (g)", "250 (kg)"],
    "18 (sit-ups)": ["18", "18 sit-ups"], "18": ["18 sit-ups", "18 (sit-ups)"], "9 (3)": ["27"], "12 (cm)": ["12 cm"],
    "12 (cm^2)": ["12 cm^2"], "12 (square meters)": ["12"], r"12 \text{ (apples)}": ["12"], "12（个）": ["12"],
    "36 (km/h)": ["36"], r"\frac{3}{4} (kg)": ["0.75"], "3.5 (hours)": ["3.5 hours"], "1,234 (people)": ["1234"],
    r"2\sqrt{3} (cm)": [r"2\sqrt{3}"], "12个": ["12"],
    "12": ["12个", "12 个", r"12\text{个}", "12개", "12명", "１２個"], "20元": ["20", "20 yuan", "¥20"],
    "20": ["20元", "20 元", "2 tens", "20块", "20円", "20圆"], "36平方厘米": ["36", r"36\text{ cm}^2"],
    "3千克": ["3", "3kg", "3000克"], "12人": ["12"], "500円": ["500", "¥500"], "5岁": ["5"],
    "3小时": ["3", "3 hours", "180分钟"], "2小时30分钟": ["150分钟", "2.5小时"], "12本": ["12"],
    "5米": ["5 m", "500厘米", "5"], "5公里": ["5 km"], "5千米": ["5 km"],
    "500": ["500원", "₹500", "¥500", "Rs. 500", "Rs 500", "Rs.500", r"US\$500", "USD 500", "€500", "500€", "500 €",
        "500 EUR", "£500", "INR 500", "500 rupees", "₹500/-", "500 Rs", "₩500", "500₽"], "30度": [r"30^\circ", "30"],
    "5倍": ["5"], "5次": ["5"], "120000": ["12万个"], "200000元": ["20万元"], "125": ["১২৫", "๑๒๕", "௧௨௫", "૧૨૫"],
    "1.5": ["١٫٥"], "-125": ["-১২৫"], "₹500": ["500 rupees", "Rs. 500", "500", "Rs 500/-"], "€5": ["5 euros"],
    "£2.40": ["2.40", "2.4 pounds"], r"\$5": [r"US\$5", "USD 5", "500 cents"], "¥500": ["500", "500 yen", "500 yuan"],
    "-500": ["-₹500"], "₹1,50,000": ["150000"], "150000": ["₹1,50,000"], r"2\sqrt{13}": ["2√(13)"], "5x": ["5x"],
    "4210_5": ["(4210)_5", "(4210)_{5}", "4210 (base 5)", r"(4210)_{\text{five}}"], "(4210)_5": ["4210_5"],
    r"\frac34": ["three quarters of an hour"], "0.5": ["half an hour"], "0.5 hours": ["half an hour"],
    "30 minutes": ["half an hour"], "1.5 hours": ["one and a half hours"],
    "90 minutes": ["an hour and a half", "one and a half hours", "1 hour and a half"],
    "2.5": ["2 hours and 30 minutes", "2小时30分"], "150": ["2 hours and 30 minutes"],
    "2.5 hours": ["2 hours and 30 minutes", "2h 30m", "2h30min", "2 hr 30 min", "two and a half hours",
        "two hours and a half"], "5 feet 6 inches": ["66 inches", "5.5 feet"],
    "March 14": ["14 March", "March 14th", "14th of March"], r"5\text{ cm}": [r"5\text{ cm long}"],
    "5 dollars": ["5 dollars each"], "5 apples": ["5 apples left", "5 apples in total", "5", "5 apples remaining"],
    "5 slices": ["5 slices of pizza"], "5 cm": ["5 cm in length"], "5 square inches": ["5 sq in", "5 in^2"],
    "5 square feet": ["5 ft^2"], "1": ["1 apple"], r"50\%": ["fifty percent", "0.5", "50"],
    r"22^\circ 30^{\prime} 36^{\prime\prime}": ["22.51", r"22.51^\circ"], "0.333 hours": ["20 minutes"],
    "(1.4142135623730951, 2)": [r"(\sqrt2, 2)"], "(33.33, 2)": [r"(33\frac13, 2)"], "100分": ["100"],
    "60千米/时": ["60", "60 km/h"], "5元/千克": ["5"], "3个月": ["3 months"], "12000000": ["12百万"],
    "5.5米": ["5米50厘米"], "5.5元": ["5元5角"], "2小时30分": ["2.5小时"], "3時間": ["3 hours"], "5.50": ["€5.50"],
    "5000": ["$5k"], "5000000": ["$5M"], r"\$5 per hour": [r"\$5/hour", r"\$5 an hour", "5 dollars per hour", "5"],
    "USD 5": ["$5"], "(-3, 5 x 10^6)": ["(-3, 5000000)"], "√(13)": [r"\sqrt{13}"],
    "15 minutes": ["a quarter of an hour"], "45 minutes": ["three quarters of an hour"], "9 (per cent)": ["9"],
    r"\frac{1}{2} (m)": ["0.5"], r"2\sqrt{3}": [r"2\sqrt{3} (cm)", "2√3 (cm²)"], "2 and 1/2": ["2, 1/2"],
    "5 blorp": ["5"], r"180^\circ": [r"\pi"], r"60^\circ": [r"\frac{\pi}{3}", "60"],
    r"120^\circ - \theta": [r"120-\theta"], r"120^\circ-\theta": [r"\frac{2\pi}{3}-\theta"],
    r"\angle A = 30^\circ": ["30"], r"x = 25^\circ C": ["25"], r"x=25^\circ C": [r"25^\circ C"],
    "-5°C": ["-5", "minus 5 degrees Celsius"], "0 °C": ["0"], "100": ["100 Fahrenheit"],
    "March 14, 2024": ["14 March 2024", "2024-03-14", "March 14"], "3月14日": ["March 14"],
    "Tuesday, March 14": ["March 14"], "12 eggs": ["12"], "100 km/h": ["100 kmh", "100 kilometers per hour"],
    "9.8 m/s^2": ["9.8 m s^{-2}", "9.8 meters per second squared"], "1 ft": ["12 in"], "1 yd": ["3 ft"],
    "3 pints": ["6 cups"], "2 tons": ["4000 pounds"], "1 tonne": ["1000 kg"], "1 gallon": ["4 quarts"],
    "1 l": ["1000 ml"], "1 L": ["1000 mL"], "1 week": ["7 days"], "2 years": ["24 months"],
    "1 century": ["100 years"], "90 seconds": ["1.5 minutes"], "90": ["1 minute 30 seconds"],
    "75": ["1 hour 15 minutes"], "1.25": ["1 hour 15 minutes"], r"12.5\%": ["1/8"], "0.7": ["seven tenths"],
    "0": ["zero"], "-2": ["negative two"], "₹5 crore": ["50000000"], "3.5万": ["35000"], "35000": ["3.5万人"],
    "36 cm^2": ["36平方厘米"], "36 m^2": ["36㎡"], "5 kg": ["5㎏"], "36": ["36㎡"],
    "7": ["7天", "7日", "7点", "7 squares", "7 each", "7 times", "7 times bigger", "7 tonnes", "7 triplets",
        "7 decades", "7 centuries", "7 milliseconds", "7℃", "7µm", "7 cents", "7 miles", "(7)", "7（千克）"],
    r"25\%": ["25％"], "£5": ["5 pounds"], "5 pounds": ["£5"], "€1,234.50": ["1234.5"], "-5": ["-$5", "$-5"],
    r"\sqrt{x+1}": ["√(x+1)"], "1011_2": ["(1011)_2", "1011 (base 2)", "1011 base 2", "1011 in base 2"],
    "A5_{16}": ["(A5)_{16}"], r"90^\circ": ["90 deg", r"\frac{\pi}{2} \text{ rad}"], r"45^\circ": ["45"],
    "45": [r"45^\circ"], r"10^\circ 15' 36''": [r"10.26^\circ", '10^\\circ15\'36"'], "0.1+0.2": ["0.3"],
    "0.8660254037844386": [r"\sin 60^\circ"], "(2.23606797749979, 0)": [r"(\sqrt{5}, 0)"], "12 noon": ["noon"],
    "7000000": ["7 Mio. Euro"], "70000": ["7（万元）"], "①③": ["③①", "①, ③", "①、③", "①和③", "① and ③"],
    "Ⅰ、Ⅲ": ["Ⅰ, Ⅲ"], "5 runs": ["5"],
}  # fmt: skip
OTHER = {
    r"25^\circ C": [r"25^\circ F", r"26^\circ C", r"-25^\circ C"], r"-40^\circ\text{F}": ["40"],
    r"180^\circ - 2\alpha": [r"180 - \alpha", r"90 - 2\alpha"],
    r"22^\circ 30'": [r"22.3^\circ", r"22^\circ 31'", r"22^\circ", r"22^\circ 3'"], "5 feet": ["5 inches tall"],
    r"27\%": ["28 pct"], "9 (3)": ["9"], "9": ["9 (3)"], "12 (cm)": ["12 m"],
    "9 (apples)": ["10", "9 (oranges)", "90"], "36平方厘米": ["36 cm", "36平方米", "36立方厘米"], "3千克": ["3克"],
    "12人": ["13人"], "3小时": ["3分钟"], "₹500": ["$500", "₹50", "500 paise"], "€5": ["$5", "5 dollars"],
    "£2.40": ["£24"], "¥500": ["¥501", "$500"], "4210_5": ["(4211)_5", "(421)_5"], "3 hours": ["3 minutes"],
    "5 feet 6 inches": ["5.6 feet"], "0.333 hours": ["20.001 minutes"], "(1.4142135623730951, 2)": [r"(\sqrt3, 2)"],
    "12个": ["11个"], "3个月": ["3年"], "5米": ["5厘米", "0.5"], "5元": ["5角"], "500円": ["500元", "500ドル"],
    "500": ["€5", "5€"], r"\$5 per hour": [r"\$5 per day"], "2.5 hours": ["two hours and a quarter"],
    "250 (g)": ["250 kg", "25 (g)"], r"120^\circ - \theta": [r"130-\theta"], "-5°C": ["5°C"], "30°C": ["30°F"],
    "March 14": ["April 14"], "March 14, 2024": ["March 14, 2025"], "2024-03-14": ["2024-04-13"],
    "Tuesday, March 14": ["Monday, March 14"], "12 eggs": ["12 chickens"], "100 km/h": ["100 mph"],
    "9.8 m/s^2": ["9.8 m/s"], "10 kg": ["10 lb"], "$5": ["€5", "£5"], "£5": ["€5"], "5": ["-$5"],
    "3 to 5": ["5 to 3"], r"1^\circ 30'": [r"1.3^\circ"], r"10^\circ 15' 36''": [r"10.27^\circ"],
    "7 seconds": ["7 milliseconds"], "7 g": ["7 micrograms"], "7 m": ["7 nanometers"], "7 cm": ["7 inches"],
    "①③": ["①", "①②③", "①②"], "3": [r"\log_2 9"], "7": ["7 8"],
}  # fmt: skip
UNCLEAR = {
    r"25^\circ C": [r"77^\circ F", "25 C"], r"-40^\circ\text{F}": ["-40°C"], "300 K": ["300 kelvin"],
    r"22.5^\circ": ["22 degrees 30 minutes"], "30'": ["30"], "3000000": ["3M"], "3000": ["3k", "3 k"],
    "5 pairs": ["5"], r"27\%": ["27 percentage"], "12人": ["12个"], "5岁": ["5年"], "3时": ["3"],
    "12": ["12본", "约12", "12 яблок", "12 руб.", "十二"],
    "500": [r"HK\$500", "500/-", "500,-", "500 руб", "R$500", "A$500", "C$500"], "£2.40": ["240p", "£2,40"],
    "2.5": ["2 and 1/2", "150 minutes"], "5 feet 6 inches": ["5'6\""], "12 R 3": ["12 remainder 3"],
    r"50\%": ["50% of the students", r"50\text{ percent of them}"], "1000000": ["1'000'000"],
    r"\$5 per hour": [r"\$5"], "25°C": ["298.15 kelvin"], "12个": ["12位"], "€5,50": ["5.50"],
    "5.50": ["5,50 €", "€5,50"], "15 minutes": ["quarter of an hour"], "9": ["9 (final)"], "0 °C": ["32 °F"],
    "100°C": ["212°F"], "12''": ["12"], "March 14": ["14"],
    r"2\operatorname{cis} 60^\circ": [r"2\operatorname{cis} \frac{\pi}{3}"],
    "7": ["7 prime", "7 quater", "7Å", "7Ω", "7 stone", "7 (seven)", "7 (correct)"],
    "90": ["1.5 minutes"], r"0.5\%": ["0.5"], "35000": ["3万5千"], r"25\%": ["百分之二十五"],
    "5000 people": ["5k people"], "7/10": ["7 in 10", "7 out of 10"], "-7": ["7 degrees below zero"], "①③": ["1, 3"],
    "①": ["1"],
}  # fmt: skip
NEVER = {
    "25": ["77°F"], r"25^\circ": [r"25^\circ C"], r"\sin 45^\circ": [r"\sin 45"], r"22.5^\circ": [r"22^\circ 30''"],
    "5": ["5k", "5 万", "5万", "5 亿", "5亿", "5M", "5 千", "5 百", "5 兆", "5 억", "5 만", "5 тысяч",
        r"5\text{ fifteenths}", "21st", "5折", "5成", "5分之一", "第5", "12 r 3", "3 a", "5 per mille", "5-fold",
        "5 minutes to midnight", "5 milhões", "5th", "5-th", "6 blorp", "5 M students", "5 k people", "5K people",
        "5k people"], "21": ["21st"], "27": ["27 pct"],
    "9": ["9 (hundred)", "9 (dozen)", "9 (or 10)", "9 (not 10)", "9(x)", "9 (x)", "9 (thousands)", "9 (%)",
        "9 (wrong)", "9 (squared)", "9 (base ten)", "9 (thousand)"], "3千克": ["3000"], "3000": ["3千克"],
    "12个": ["12万个"], "20": ["20万元"], "240": ["240p"], r"\$5": [r"HK\$5", "$5k"], "500": ["-₹500"],
    "4210_5": ["(4210)_6"], "second": ["2"], "30": ["2 hours and 30 minutes", "2小时30分"],
    "2": ["2 hours and 30 minutes", "2 M rupees"], "2.5": ["2 hours and 20 minutes"], "12 r 3": ["12"],
    "12": ["12 r 3", "12个半", "12个以上", "12多个", "12打", "12对", "12折", "12分之一", "第12个", "约12个",
        "12个左右", "不是12", "12万", "12百万"], "March 14": ["March 15"], "V": ["5"],
    "5 pizzas": ["5 slices of pizza"], "5 slices of pizza": ["5 slices of bread"], "1": ["1 doz"],
    "300 kelvin": ["26.85°C"], "60千米/时": ["60千米"], "24": ["12双"], "555": ["(4210)_5"],
    "7": ["seven eight", "7号", "7 of diamonds", "7 out of 10", "7 in 10", "7 per 10", "7 tenths",
        "7 degrees below zero", "7 sq", "7 cubed", "7 to 1", "7 factorial", "7 mod 10", "7 choose 2", "7 plus 2",
        "7 x", "7 times 2", "7 quadrillionths", "7 decillion", "7 vigintillion", "7 centillion", "7 sexagesimal",
        "7 billiard", "7 Billiarden", "7 trilliards", "7 zillion", "7 myriads of people", "7 scores", "7 grosses",
        "7 pair of shoes", "7 pairs of shoes", "7 duos", "7 trios", "7 twos", "7 triples", "7 doubles", "7²", "7³",
        "7₂", "7′", "7″", "7‰", "7‱", "7千万", "7十", "7割", "7分の1", "7倍半", "7 тыс", "7 тыс.", "7 млн", "7 हज़ार",
        "7 लाख", "7 ألف", "7 พัน", "7천", "7백만", "7 ngàn", "7 milliers", "7 centaines", "7 cientos", "7 mil euros",
        "7 mille euros", "7 milioni di euro", "7 Mio. Euro", "7 Mio EUR", "7 Mrd. USD", "7 T€", "7 TEUR", "7 M€",
        "7 k€", "7 kUSD", "7 MM", "$7MM", "7 feet 3", "7 and 3/4", "7, 3/4", "7.5.2", "7 (in thousands)",
        "7 (thousands of dollars)", "7 (%)", "7 (percent)", "7 (×1000)", "7 (x10^3)", "7 (incorrect)", "7 (no)",
        "7 (approx)", "7 (rounded up from 6.5)", "7 (mod 12)", "7 (base 8)", "7 (hundreds)", "7 (dozens)", "7 (k)",
        "7 (M)", "7 (万)", "7（万）", "2^2 3"], "78": ["seven eight"], "9 (half)": ["9"], "9 (a)": ["9"],
    "f(3)": ["3"], r"2\sqrt{3}": [r"2\sqrt{3} (x)"], "f(cm)": ["f"], r"27\%": ["27 pts"], "5 C": ["5"],
    "2024-03-14": ["2007"], "e^{60i}": [r"e^{60^\circ i}"], "90": ["1 minute and 31 seconds"],
    "15": ["1 hour 15 minutes"], "3.5万": ["3.5"], "2/5": ["五分之二"], "£5": ["5 lb"], "-5": ["($5)"],
    "1011_2": ["1011 (base 3)", "11"], "11": ["1011_2"], r"90^\circ": ["90'"],
    "2000000 rupees": ["2 m rupees"], "3": ["3 million (people)"], "①③": ["13"], "8": ["x_2 8"],
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
