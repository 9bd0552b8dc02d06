"""Words around numbers that change what an equation says, and words that do not."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


BINDING = _words(
    """
    of than times twice thrice half halves double triple quadruple third thirds quarter quarters fourth fourths
    fifth plus minus by over per to from between into out squared cubed mod modulo remainder quotient base and or
    more less fewer another other others extra additional remaining dozen dozens hundred hundreds thousand thousands
    million millions billion billions trillion percent pct percentage degrees degree is are was were has have equals
    equal multiplied divided subtracted added subtract add multiply divide increased decreased sum product
    difference r e pi for since because so then thus therefore which where when that if as at in on with without the
    a an up down one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty would will
    he she they it we you i not no this these those left we'll each every
    """
)
"""Words that are no unit: behind a number they end it, or say more about it than its unit."""

AMONG = _words(
    """
    of than times twice thrice half double triple quadruple third quarter fourth fifth plus minus by over per to
    from between into out mod modulo base another other more less fewer additional extra remaining multiplied
    divided added subtracted increased decreased sum product difference one two three four five six seven eight nine
    ten hundred thousand million billion dozen percent square cube root log ln sin cos tan or
    """
)
"""Words in front of an expression, or behind a result, that may belong to it."""

JOINING = _words(
    """
    between sum product difference average mean ratio add adding multiply multiplying both
    """
)
"""Words after which "and" joins two numbers that belong together."""

DOUBTS = _words(
    """
    not isn't doesn't don't cannot can't wrong incorrect incorrectly mistake mistaken error false impossible
    contradiction contradicts suppose assume assuming guess try trying mod modulo remainder base hypothetical unless
    check checking however but instead should misread typo
    """
)
"""Words that make a sentence something else than a plain statement."""

ROUNDED = _words(
    """
    approximately about roughly around nearly almost round rounded rounding estimate estimated
    """
)
"""Words that make an equation an estimate."""

MEASURES = _words(
    """
    second minute hour day week month year decade sec min hr cent dollar penny pennie nickel dime quarter inch inche
    foot feet yard mile centimeter centimetre meter metre kilometer kilometre millimeter cm mm km m g kg mg gram
    kilogram milligram ounce oz pound lb lbs ton tonne liter litre milliliter ml l gallon quart pint cup tablespoon
    teaspoon am pm degree radian acre hectare mph kph euro yen
    """
)
"""Units that others can be converted to, so that an equation between two of them may be right as it stands."""


def stem(word: str) -> str:
    """Return a unit's last word without its plural s."""
    last = word.rpartition(" ")[2]
    return last[:-1] if last.endswith("s") and len(last) > 3 else last
