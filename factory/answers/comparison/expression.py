"""A scalar LaTeX expression re-written in one unambiguous spelling, by a small recursive-descent parser.

A computer algebra system's LaTeX reader guesses: it reads `2(3)` as a mixed number, drops the base of `101_2`, folds
`A` into `a` and stops where it no longer understands. What is handed to it is therefore parsed here first: every
product explicit, every argument in brackets, decimals as fractions, variables renamed. Nothing is evaluated.
"""

from __future__ import annotations

from factory.answers.comparison.latex_tokens import (
    ACCENTS,
    CLOSING,
    DIGITS,
    FUNCTIONS,
    GREEK,
    INVERSES,
    OVER,
    SAFE_NAMES,
    TIMES,
    NotScalar,
    exact_decimal,
    tokens,
)  # fmt: skip
from factory.answers.values.exact import MAX_DEPTH


def plain_latex(expression: str, names: dict[str, str]) -> str:
    """`expression` re-written; `names` maps its variables to what they are called now and is filled on the way.

    Use one `names` for all expressions that are compared. Raises `NotScalar`.
    """
    parser = _Parser(expression, names)
    latex = parser.sum(0)
    if parser.peek():
        raise NotScalar(f"unexpected {parser.peek()!r}")
    return latex


class _Parser:
    def __init__(self, text: str, names: dict[str, str]) -> None:
        self._tokens = tokens(text)
        self._position = 0
        self._names = names
        self._in_bars = False

    def peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _next(self) -> str:
        token = self.peek()
        self._position += 1
        return token

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise NotScalar(f"expected {token!r}")

    def sum(self, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise NotScalar("nested too deeply")
        latex = self._product(depth)
        while self.peek() in ("+", "-"):
            latex += self._next() + self._product(depth)
        return latex

    def _product(self, depth: int) -> str:
        latex = self._signed(depth)
        divided = False
        while True:
            if self.peek() in TIMES:
                self._next()
                latex, divided = rf"{latex}\cdot {self._signed(depth)}", False
            elif self.peek() in OVER:
                self._next()
                latex, divided = rf"\frac{{{latex}}}{{{self._signed(depth)}}}", True
            elif self._starts_atom():
                if divided:
                    raise NotScalar("a product behind a slash: 1/2x")
                if self._is_number():
                    raise NotScalar("a number behind a factor")
                latex = rf"{latex}\cdot {self._power(depth)}"
            else:
                return latex

    def _signed(self, depth: int) -> str:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self._next() == "-"
        latex = self._power(depth)
        return rf"\left(-{latex}\right)" if negative else latex

    def _power(self, depth: int) -> str:
        latex = self._atom(depth)
        while True:
            if self.peek() == "!":
                self._next()
                if self.peek() == "!":
                    raise NotScalar("a double factorial")
                latex = rf"\left({latex}\right)!"
            elif self.peek() in ("^", "**"):
                self._next()
                latex = rf"{{\left({latex}\right)}}^{{{self._exponent(depth)}}}"
                if self.peek() in ("^", "**"):
                    raise NotScalar("a double exponent")
            else:
                return latex

    def _exponent(self, depth: int) -> str:
        if self.peek() == "{":
            return self._bracketed(depth)
        sign = self._next() if self.peek() in ("+", "-") else ""
        exponent = self._atom(depth)
        if self.peek() in ("^", "**"):
            self._next()
            exponent = rf"{{\left({exponent}\right)}}^{{{self._exponent(depth + 1)}}}"
        return rf"\left({sign}{exponent}\right)" if sign == "-" else exponent

    def _starts_atom(self) -> bool:
        token = self.peek()
        if not token or token in TIMES or token in OVER:
            return False
        return (
            token in ("(", "[", "{", r"\frac", r"\sqrt", r"\binom", r"\pi", r"\infty", r"\lfloor", r"\lceil", r"\lvert")
            or (token == "|" and not self._in_bars)
            or token[0] in DIGITS
            or (token.isascii() and token.isalpha())
            or token in GREEK
            or token in ACCENTS
            or token[1:] in FUNCTIONS
        )

    def _is_number(self) -> bool:
        return self.peek()[:1] in DIGITS

    def _atom(self, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise NotScalar("nested too deeply")
        token = self.peek()
        if self._is_number():
            return self._number(depth)
        if token in ("(", "[", "{"):
            return rf"\left({self._bracketed(depth)}\right)"
        self._next()
        if token in ("|", r"\lvert"):
            return self._absolute(depth, token)
        if token in (r"\lfloor", r"\lceil"):
            inner = self.sum(depth + 1)
            self._expect(CLOSING[token])
            return f"{token} {inner}{CLOSING[token]} "
        if token in (r"\frac", r"\binom"):
            return rf"{token}{{{self._argument(depth)}}}{{{self._argument(depth)}}}"
        if token == r"\sqrt":
            return self._root(depth)
        if token[1:] in FUNCTIONS:
            return self._function(token[1:], depth)
        if token in (r"\pi", r"\infty"):
            return token + " "
        return self._variable(token)

    def _number(self, depth: int) -> str:
        token = self._next()
        if self.peek() == "_":
            raise NotScalar("a number in another base")
        latex = exact_decimal(token)
        if self.peek() == "degrees":
            self._next()
            return rf"\frac{{{latex}\cdot \pi }}{{180}}"
        if token.isdigit() and self.peek() == r"\frac":  # a mixed number
            self._next()
            numerator, denominator = self._argument(depth), self._argument(depth)
            if not (numerator.isdigit() and denominator.isdigit() and int(numerator) < int(denominator)):
                raise NotScalar("a number in front of a fraction")
            return rf"\left({latex}+\frac{{{numerator}}}{{{denominator}}}\right)"
        return latex

    def _bracketed(self, depth: int) -> str:
        closing = CLOSING[self._next()]
        outer, self._in_bars = self._in_bars, False
        inner = self.sum(depth + 1)
        self._in_bars = outer
        self._expect(closing)
        return inner

    def _absolute(self, depth: int, opening: str) -> str:
        if self._in_bars:
            raise NotScalar("bars within bars")
        self._in_bars = opening == "|"
        inner = self.sum(depth + 1)
        self._in_bars = False
        self._expect("|" if opening == "|" else r"\rvert")
        return rf"\left|{inner}\right|"

    def _argument(self, depth: int) -> str:
        """A braced group, or the one token that LaTeX takes."""
        token = self.peek()
        if token == "{":
            return self._bracketed(depth + 1)
        if token.isdigit() and len(token) > 1:
            self._tokens[self._position : self._position + 1] = list(token)
            token = token[0]
        if not (token.isdigit() or token == r"\pi" or (len(token) == 1 and token.isalpha())):
            raise NotScalar(f"{token!r} as an argument")
        self._next()
        return token if token.isdigit() else (r"\pi " if token == r"\pi" else self._variable(token))

    def _root(self, depth: int) -> str:
        index = ""
        if self.peek() == "[":
            index = f"[{self._bracketed(depth)}]"
        token = self.peek()
        if token == "(":
            radicand = self._bracketed(depth)
        elif token.isdigit() and len(token) > 1:
            raise NotScalar(r"\sqrt12")
        else:
            radicand = self._argument(depth)
        return rf"\sqrt{index}{{{radicand}}}"

    def _function(self, name: str, depth: int) -> str:
        base, exponent = "", ""
        if name == "log":
            base = "10"
            if self.peek() == "_":
                self._next()
                base = self._argument(depth)
        if self.peek() == "^":
            self._next()
            exponent = self._exponent(depth)
            if exponent.replace(r"\left(", "").replace(r"\right)", "") == "-1":
                if name not in INVERSES:
                    raise NotScalar("an inverse or a reciprocal")
                name, exponent = INVERSES[name], ""
        argument = self._function_argument(depth)
        latex = rf"\log_{{{base}}}\left({argument}\right)" if base else rf"\{name}\left({argument}\right)"
        return rf"{{\left({latex}\right)}}^{{{exponent}}}" if exponent else latex

    def _function_argument(self, depth: int) -> str:
        """`\\sin(x)` takes the brackets, `\\sin 2x` the product up to the next sign or function."""
        if self.peek() in ("(", "{"):
            argument = self._bracketed(depth)
            if self.peek() in ("^", "!", "**"):
                raise NotScalar("a power behind a function's brackets")
            return argument
        if self.peek() in ("+", "-"):
            raise NotScalar("a sign behind a function")
        argument = self._power(depth + 1)
        while self._starts_atom() and self.peek()[1:] not in FUNCTIONS and self.peek() not in ("(", "["):
            if self._is_number():
                raise NotScalar("a number behind a factor")
            argument = rf"{argument}\cdot {self._power(depth + 1)}"
        if self.peek() in OVER:
            raise NotScalar("a slash behind a function's argument")
        return argument

    def _variable(self, token: str) -> str:
        name = token
        if token in ACCENTS:
            braced = self.peek() == "{"
            if braced:
                self._next()
            name += self._next()
            if not name[-1:].isalpha():
                raise NotScalar("an accent on something else than a letter")
            if braced:
                self._expect("}")
        elif not (len(token) == 1 and token.isalpha() and token.isascii()) and token not in GREEK:
            raise NotScalar(f"{token!r}")
        while self.peek() == "'":
            name += self._next()
        if self.peek() == "_":
            self._next()
            name += "_" + self._subscript()
        if name in ("e", "i"):
            return name + " "
        if name not in self._names:
            if len(self._names) == len(SAFE_NAMES):
                raise NotScalar(f"more than {len(SAFE_NAMES)} variables")
            self._names[name] = SAFE_NAMES[len(self._names)]
        return self._names[name] + " "

    def _subscript(self) -> str:
        if self.peek() != "{":
            token = self._next()
            if not token.isalnum():
                raise NotScalar("a subscript")
            return token
        self._next()
        subscript = ""
        while self.peek() not in ("}", "{", ""):
            subscript += self._next()
        self._expect("}")
        return subscript
