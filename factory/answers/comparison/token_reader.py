"""Reader that walks over the tokens of one expression, and names its variables anew."""

from __future__ import annotations

from factory.answers.comparison.latex_tokens import (
    ACCENTS,
    DIGITS,
    FUNCTIONS,
    GREEK,
    OVER,
    SAFE_NAMES,
    TIMES,
    NotScalar,
    tokens,
)


class TokenReader:
    """Tokens of one expression and the position in them; base of the parser in `expression.py`.

    `names` maps the variables to the names that they have in the result, and is filled on the way. `in_bars` is True
    between the bars of an absolute value, where the next bar closes it.
    """

    def __init__(self, text: str, names: dict[str, str]) -> None:
        self._tokens = tokens(text)
        self._position = 0
        self._names = names
        self.in_bars = False

    def peek(self) -> str:
        """Return the next token without consuming it; "" at the end."""
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def take(self) -> str:
        """Consume and return the next token; "" at the end."""
        token = self.peek()
        self._position += 1
        return token

    def expect(self, token: str) -> None:
        """Consume the next token, which must be `token`."""
        if self.take() != token:
            raise NotScalar(f"expected {token!r}")

    def split_number(self) -> None:
        """Replace the next token, a number, by one token for each of its digits."""
        self._tokens[self._position : self._position + 1] = list(self.peek())

    def starts_atom(self) -> bool:
        """Return whether the next token can begin an atom."""
        token = self.peek()
        if not token or token in TIMES or token in OVER:
            return False
        return (
            token in ("(", "[", "{", r"\frac", r"\sqrt", r"\binom", r"\pi", r"\infty", r"\lfloor", r"\lceil", r"\lvert")
            or (token == "|" and not self.in_bars)
            or token[0] in DIGITS
            or (token.isascii() and token.isalpha())
            or token in GREEK
            or token in ACCENTS
            or token[1:] in FUNCTIONS
        )

    def is_number(self) -> bool:
        """Return whether the next token is a number."""
        return self.peek()[:1] in DIGITS

    def variable(self, token: str) -> str:
        """Read a variable with its accent, primes and index, and return the name it has in the result."""
        # Accent and letter are one name.
        name = token
        if token in ACCENTS:
            braced = self.peek() == "{"
            if braced:
                self.take()
            name += self.take()
            if not name[-1:].isalpha():
                raise NotScalar("an accent on something else than a letter")
            if braced:
                self.expect("}")
        elif not (len(token) == 1 and token.isalpha() and token.isascii()) and token not in GREEK:
            raise NotScalar(f"{token!r}")
        # Primes and an index belong to the name.
        while self.peek() == "'":
            name += self.take()
        if self.peek() == "_":
            self.take()
            name += "_" + self._subscript()
        # Euler's number and the imaginary unit keep their names; every other variable gets one that is safe.
        if name in ("e", "i"):
            return name + " "
        if name not in self._names:
            if len(self._names) == len(SAFE_NAMES):
                raise NotScalar(f"more than {len(SAFE_NAMES)} variables")
            self._names[name] = SAFE_NAMES[len(self._names)]
        return self._names[name] + " "

    def _subscript(self) -> str:
        """Read an index: one token, or the tokens of a braced group."""
        if self.peek() != "{":
            token = self.take()
            if not token.isalnum():
                raise NotScalar("a subscript")
            return token
        self.take()
        subscript = ""
        while self.peek() not in ("}", "{", ""):
            subscript += self.take()
        self.expect("}")
        return subscript
